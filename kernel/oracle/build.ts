// SPDX-License-Identifier: GPL-2.0-only

/**
 * Builds the oracle: the source that the library's kernels are built from, as User-Mode Linux in its time-travel
 * mode. It is an ordinary Linux with netem, so what it says is what the library must say. From the cache, or made in
 * some minutes with gcc.
 */
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../../src/package-root.js';
import { cacheEntries, cachePath, publishFolder, writeAtomically } from '../build/cache.js';
import { mergeSettings, parseFragment } from '../build/config.js';
import type { Setting } from '../build/config.js';
import { kbuildIn } from '../build/kbuild.js';
import type { Kbuild } from '../build/kbuild.js';
import { configure } from '../build/kconfig.js';
import { withLock } from '../build/lock.js';
import { isObject, madeTarget } from '../build/make-output.js';
import { filesBelow } from '../build/overlay.js';
import { createMeter, silent } from '../build/progress.js';
import type { Meter, OnProgress } from '../build/progress.js';
import { findDebianSource, linuxVersion, unpackDebianSource } from '../build/source.js';
import type { DebianSource } from '../build/source.js';
import { requireTools, runToolOrThrow } from '../build/tool.js';

export interface Oracle {
  readonly key: string;
  /** The kernel, a program of this machine. */
  readonly kernelPath: string;
  /** A library to preload, which makes its randomness a seed's. */
  readonly randomPath: string;
  /** E.g. `6.12.117`. */
  readonly linux: string;
  readonly source: string;
}

export interface OracleOptions {
  /** Configuration that comes after the oracle's own. */
  readonly fragments?: readonly string[];
  /** Called only while something is built. */
  readonly onProgress?: OnProgress;
}

const tools = ['make', 'gcc', 'flex', 'bison', 'bc', 'perl', 'tar', 'xz'];
/** About what a build compiles, and how long one object takes on one processor. */
const objectsGuess = 1110;
const secondsPerObject = 0.7;
/** How many oracles stay when newer ones come. */
const kept = 2;
const madeOf = 'oracle.json';

const variables = [
  'ARCH=um',
  'SUBARCH=x86_64',
  'KBUILD_BUILD_TIMESTAMP=Thu Jan  1 00:00:00 UTC 1970',
  'KBUILD_BUILD_USER=libos',
  'KBUILD_BUILD_HOST=libos',
  'KBUILD_BUILD_VERSION=1',
];

/**
 * UML's timer frequency is a constant of its Kconfig, without a prompt. Of two definitions of a symbol Kconfig
 * takes the first default, so this one goes before.
 */
const earlierDefinitions = '\nconfig HZ\n\tint\n\tdefault 1000\n';

/** The oracle of Debian's source as it is installed now. */
export async function ensureOracle(options: OracleOptions = {}): Promise<Oracle> {
  const { fragments = [], onProgress = silent } = options;
  const [source, compiler] = await Promise.all([findDebianSource(), compilerVersion()]);
  const settings = [...oracleSettings(), ...fragments.flatMap(fragmentSettings)];
  const randomSource = readFileSync(own('seeded-random.c'), 'utf8');
  const key = digest([
    source.identity,
    compiler,
    settings.map(({ symbol, value }) => [symbol, value]),
    variables,
    earlierDefinitions,
    randomSource,
  ]);
  const there = oracleInCache(key);
  if (there) return there;
  requireTools(tools);
  const folder = cachePath('builds', `oracle-${digest([source.identity, fragments])}`);
  const meter = createMeter(
    [
      { name: 'unpack', expectedSeconds: existsSync(source.tree) ? 0 : 25 },
      { name: 'configure', expectedSeconds: 10 },
      {
        name: 'compile',
        expectedSeconds: (objectsLeft(folder) * secondsPerObject) / availableParallelism(),
      },
      { name: 'link', expectedSeconds: 5 },
    ],
    onProgress,
  );
  await unpackDebianSource(source, meter);
  return withLock(
    `${folder}.lock`,
    (pid) => meter.note(`waiting for process ${pid}, which builds the same kernel`),
    async () => {
      const waitedFor = oracleInCache(key);
      if (waitedFor) return waitedFor;
      await compile(folder, source, settings, meter);
      meter.enter('link');
      await publish(key, folder, source);
      return oracleInCache(key)!;
    },
  );
}

async function compile(
  folder: string,
  source: DebianSource,
  settings: readonly Setting[],
  meter: Meter,
): Promise<void> {
  meter.enter('configure');
  const kbuild = kbuildOf(folder, source);
  await configure(kbuild, mergeSettings(settings));
  const expected = objectsLeft(folder);
  let objects = 0;
  await kbuild.make(['linux'], (line) => {
    if (!isObject(line)) return;
    if (objects++ === 0) meter.enter('compile');
    meter.advance(Math.min(objects / expected, 0.99), madeTarget(line)?.target);
  });
}

/** The tree is clean, and Kbuild only reads it. */
function kbuildOf(folder: string, source: DebianSource): Kbuild {
  const kconfig = join(folder, 'Kconfig');
  const top = readFileSync(join(source.tree, 'Kconfig'), 'utf8');
  writeAtomically(
    kconfig,
    top.replace(/^mainmenu .*$/m, (line) => line + earlierDefinitions),
  );
  return kbuildIn({
    folder,
    source: source.tree,
    objects: join(folder, 'objects'),
    identity: `oracle ${source.identity}`,
    variables: [...variables, `KBUILD_KCONFIG=${kconfig}`],
    realPath: (line) => line,
  });
}

async function publish(key: string, folder: string, source: DebianSource): Promise<void> {
  const linux = linuxVersion(source.tree);
  await publishFolder(cachePath('oracles', key), async (temporary) => {
    const kernel = join(temporary, 'linux');
    copyFileSync(join(folder, 'objects', 'linux'), kernel);
    await runToolOrThrow('strip', ['--strip-debug', kernel]);
    const random = join(temporary, 'seeded-random.so');
    await runToolOrThrow('gcc', ['-O2', '-shared', '-fPIC', '-o', random, own('seeded-random.c')]);
    const text = { key, linux, source: source.identity, builtAt: new Date().toISOString() };
    writeFileSync(join(temporary, madeOf), `${JSON.stringify(text, null, 2)}\n`);
  });
  prune();
}

function oracleInCache(key: string): Oracle | undefined {
  const folder = cachePath('oracles', key);
  const description = join(folder, madeOf);
  if (!existsSync(description)) return undefined;
  const { linux, source } = JSON.parse(readFileSync(description, 'utf8')) as Oracle;
  return {
    key,
    linux,
    source,
    kernelPath: join(folder, 'linux'),
    randomPath: join(folder, 'seeded-random.so'),
  };
}

function prune(): void {
  const builtAt = (key: string): string =>
    (
      JSON.parse(readFileSync(join(cachePath('oracles', key), madeOf), 'utf8')) as {
        builtAt: string;
      }
    ).builtAt;
  const oldestLast = cacheEntries('oracles').sort((a, b) => builtAt(b).localeCompare(builtAt(a)));
  for (const key of oldestLast.slice(kept)) {
    rmSync(cachePath('oracles', key), { recursive: true });
  }
}

function oracleSettings(): Setting[] {
  return [
    ...fragmentSettings(own('oracle.config')),
    ...fragmentSettings(join(packageRoot, 'kernel/config/sim.config')),
  ];
}

function fragmentSettings(file: string): Setting[] {
  return parseFragment(readFileSync(file, 'utf8'), file.replace(`${packageRoot}/`, ''));
}

/** Objects that are there already need not be compiled, as far as one can tell before make has looked. */
function objectsLeft(folder: string): number {
  const there = filesBelow(join(folder, 'objects')).filter((name) => name.endsWith('.o')).length;
  return Math.max(objectsGuess - there, 20);
}

async function compilerVersion(): Promise<string> {
  requireTools(['gcc']);
  return (await runToolOrThrow('gcc', ['--version'])).stdout.split('\n')[0]!.trim();
}

function own(file: string): string {
  return join(packageRoot, 'kernel/oracle', file);
}

function digest(parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 24);
}
