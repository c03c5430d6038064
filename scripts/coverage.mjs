// SPDX-License-Identifier: GPL-2.0-only

// `npm run coverage [-- --kernel NAME] [TEST …]`: how often each line of net/ runs in tests on the native form, those of
// the POSIX layer unless others are named. Writes coverage/net.info (lcov's format) and coverage/index.html. Without
// a kernel's name it builds one that counts its lines, of profile sim.
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { SetupError, run } from './lib/script.mjs';
import { root, setup } from './setup.mjs';

const fragment = 'test/native/coverage.config';
const gcov = ['llvm-cov-22', 'gcov'];

await run(async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { kernel: { type: 'string' } },
  });
  await setup('test');
  const object = values.kernel === undefined ? build() : await find(values.kernel);
  // The run-time puts each object's counts below it, by the object's whole path.
  const counts = mkdtempSync(join(tmpdir(), 'libos-coverage-'));
  try {
    const tests = positionals.length > 0 ? positionals : ['test/simulation/posix'];
    const failed = start(
      process.execPath,
      [vitest(), 'run', '--project', 'native-form', '--project', 'conformance', ...tests],
      {
        LIBOS_FORM: 'native',
        LIBOS_TEST_NATIVE: object,
        GCOV_PREFIX: counts,
      },
    );
    pages(counts);
    return failed;
  } finally {
    rmSync(counts, { recursive: true });
  }
});

function vitest() {
  return join(root, 'node_modules/vitest/vitest.mjs');
}

function start(command, args, env = {}) {
  const options = { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } };
  const { status, error } = spawnSync(command, args, options);
  if (error) throw new SetupError(`${command}: ${error.message}`, 'npm run setup installs it');
  return status ?? 1;
}

function orThrow(command, args) {
  if (start(command, args) !== 0) throw new SetupError(`${command} failed`, 'see above');
}

/** The path of a kernel.o that counts. */
function build() {
  const cli = join(root, 'dist/src/cli/main.js');
  const options = ['--form', 'native', '--config', fragment, '--name', 'coverage', '--json'];
  const made = spawnSync(process.execPath, [cli, 'kernel', 'build', ...options], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (made.status !== 0) throw new SetupError('the kernel cannot be built', 'see above');
  return JSON.parse(made.stdout).wasmPath;
}

async function find(name) {
  const { findKernel } = await import('../dist/kernel/build/index.js');
  return (await findKernel(name)).wasmPath;
}

/** From counts (.gcda) and what the compiler wrote beside its objects (.gcno) to pages. */
function pages(counts) {
  const data = readdirSync(counts, { recursive: true }).filter((path) => path.endsWith('.gcda'));
  if (data.length === 0) {
    throw new SetupError('no line was counted', 'give a kernel built with CONFIG_LIB_COVERAGE=y');
  }
  for (const path of data) {
    const notes = `/${path.replace(/gcda$/, 'gcno')}`;
    if (existsSync(notes)) symlinkSync(notes, join(counts, notes));
  }
  const tool = join(counts, 'gcov');
  writeFileSync(tool, `#!/bin/sh\nexec ${gcov.join(' ')} "$@"\n`, { mode: 0o755 });
  const folder = join(root, 'coverage');
  const info = join(folder, 'net.info');
  rmSync(folder, { recursive: true, force: true });
  // Where the compiler ran: sources are named from there.
  const objects = `/${data[0].slice(0, data[0].lastIndexOf('/net/'))}`;
  const all = join(counts, 'all.info');
  orThrow('lcov', [
    '--quiet',
    '--capture',
    '--directory',
    counts,
    '--base-directory',
    objects,
    '--gcov-tool',
    tool,
    '--output-file',
    all,
  ]);
  mkdirSync(folder);
  orThrow('lcov', [
    '--quiet',
    '--extract',
    all,
    join(dirname(objects), 'net/*'),
    '--output-file',
    info,
  ]);
  orThrow('genhtml', ['--quiet', '--prefix', dirname(objects), '--output-directory', folder, info]);
  console.log(`coverage/index.html and coverage/net.info: ${data.length} files of net/`);
}
