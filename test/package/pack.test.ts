// SPDX-License-Identifier: GPL-2.0-only

/**
 * The npm package, as its users meet it: packed, installed into an empty project, and run there with neither a
 * compiler nor the checkout's kernel cache within reach. The example is the README's first.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { packageRoot, packageVersion } from '../../src/package-root.js';

interface PackReport {
  readonly filename: string;
  readonly files: readonly { readonly path: string; readonly size: number }[];
}

let folder = '';
let project = '';
let report: PackReport;

/** Outside of the project, and of every package. */
const scenarioText = `import { Simulation, type Os } from 'libos';
const sim: Simulation = new Simulation({ seed: 1 });
async function later(os: Os): Promise<string> {
  await new Promise((resolve) => setTimeout(resolve, 1000));
  return new Date().toISOString();
}
sim.host('alice').run(later);
await sim.run('2 s');
`;

/** Runs a program in the project with nothing of this machine in its environment. */
function inProject(
  program: string,
  args: readonly string[],
  path = join(folder, 'nothing'),
): string {
  return execFileSync(program, args, {
    cwd: project,
    encoding: 'utf8',
    env: { PATH: path, HOME: folder, LIBOS_CACHE: join(folder, 'no-cache') },
  });
}

/** The first example of the README, which is TypeScript. */
function readmeExample(): string {
  const readme = readFileSync(join(packageRoot, 'README.md'), 'utf8');
  const block = /^```(?:ts|js)\n(.*?)^```$/ms.exec(readme);
  if (block?.[1] === undefined) throw new Error('README.md has no example');
  return block[1];
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'libos-pack-'));
  project = join(folder, 'project');
  mkdirSync(project);
  writeFileSync(join(project, 'package.json'), '{ "type": "module", "private": true }\n');

  const packed = execFileSync('npm', ['pack', '--json', '--pack-destination', folder], {
    cwd: packageRoot,
    encoding: 'utf8',
    stdio: 'pipe',
  });
  // What prepack prints comes before it.
  [report] = JSON.parse(packed.slice(packed.indexOf('[\n'))) as [PackReport];
  execFileSync(
    'npm',
    ['install', '--prefer-offline', '--no-audit', '--no-fund', join(folder, report.filename)],
    { cwd: project, stdio: 'pipe' },
  );
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('the npm package', () => {
  test('holds both kernels, the licence and what a kernel of one’s own is built from', () => {
    const paths = new Set(report.files.map(({ path }) => path));
    const wanted = [
      'LICENSE',
      'README.md',
      'dist/src/index.js',
      'dist/src/index.d.ts',
      'dist/src/cli/main.js',
      'dist/broker.js',
      'native/addon/addon.c',
      'native/kernel/copy.map',
      'native/launcher/launcher.c',
      'native/shim/shim.c',
      'kernel/arch/lib/Kconfig',
      'kernel/config/base.config',
      'kernels/full/kernel.names.wasm',
      'kernels/full/kernel.wasm',
      'kernels/full/manifest.json',
      'kernels/sim/kernel.names.wasm',
      'kernels/sim/kernel.wasm',
      'kernels/sim/manifest.json',
    ];
    expect(wanted.filter((path) => !paths.has(path))).toEqual([]);
  });

  test('holds no test, no build record and nothing of the checkout’s tools', () => {
    const surplus = report.files.filter(({ path }) =>
      /\.test\.|tsbuildinfo|^(test|scripts\/lib|node_modules|src)\//.test(path),
    );
    expect(surplus).toEqual([]);
  });

  test('the README’s first example type-checks against it', () => {
    const file = join(project, 'example.ts');
    writeFileSync(file, readmeExample());
    const program = ts.createProgram([file], {
      strict: true,
      noEmit: true,
      skipLibCheck: false,
      target: ts.ScriptTarget.ES2022,
      lib: ['lib.es2022.d.ts', 'lib.esnext.disposable.d.ts', 'lib.dom.d.ts'],
      module: ts.ModuleKind.NodeNext,
      moduleResolution: ts.ModuleResolutionKind.NodeNext,
      typeRoots: [join(packageRoot, 'node_modules/@types')],
      types: ['node'],
    });
    const problems = ts
      .getPreEmitDiagnostics(program)
      .map((problem) => ts.flattenDiagnosticMessageText(problem.messageText, '\n'));
    expect(problems).toEqual([]);
  });

  test('the README’s first example runs', () => {
    const { outputText } = ts.transpileModule(readmeExample(), {
      compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
    });
    writeFileSync(join(project, 'example.mjs'), outputText);
    expect(inProject(process.execPath, ['example.mjs'])).not.toBe('');
  });

  test('brings the libos command', () => {
    const command = join(project, 'node_modules/.bin/libos');
    const nodeFolder = join(process.execPath, '..');
    expect(inProject(command, ['--version'], nodeFolder)).toBe(`${packageVersion}\n`);
  });

  test('its command runs a scenario in TypeScript, which has the package that runs', () => {
    const scenario = join(folder, 'scenario.ts');
    writeFileSync(scenario, scenarioText);
    const command = join(project, 'node_modules/.bin/libos');
    const nodeFolder = join(process.execPath, '..');
    const out = inProject(command, ['sim', scenario, '--seed', '3', '--json'], nodeFolder);
    expect(JSON.parse(out)).toMatchObject({
      ok: true,
      simulations: [
        { seed: 3, nowNs: 2e9, programs: [{ state: 'ended', result: '2025-01-01T00:00:01.000Z' }] },
      ],
    });
  });
});
