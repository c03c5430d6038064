// SPDX-License-Identifier: GPL-2.0-only

/**
 * Builds an oracle: the source that the library's kernels are built from, as an ordinary Linux, so what it says is what
 * the library must say. From the cache, or made in some minutes with gcc.
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
import { kindOfOracle } from './kinds.js';
import type { KindOfOracle, OracleKind } from './kinds.js';

export interface Oracle {
  readonly key: string;
  /** The kernel: a program of this machine, or what QEMU boots. */
  readonly kernelPath: string;
  /** Of a program: a library to preload, which makes its randomness a seed's. */
  readonly randomPath: string;
  /** E.g. `6.12.117`. */
  readonly linux: string;
  readonly source: string;
}

export interface OracleOptions {
  /** `network` by default. */
  readonly kind?: OracleKind;
  /** Configuration that comes after the oracle's own. */
  readonly fragments?: readonly string[];
  /** Called only while something is built. */
  readonly onProgress?: OnProgress;
}

const tools = ['make', 'gcc', 'flex', 'bison', 'bc', 'perl', 'tar', 'xz'];
/** About how long one object takes on one processor. */
const secondsPerObject = 0.7;
/** How many oracles of a kind stay when newer ones come. */
const kept = 2;
const madeOf = 'oracle.json';
const kernelName = 'linux';
const randomName = 'seeded-random.so';
const randomSourcePath = join(packageRoot, 'kernel/oracle/seeded-random.c');

/** The oracle of Debian's source as it is installed now. */
export async function ensureOracle(options: OracleOptions = {}): Promise<Oracle> {
  const { kind: name = 'network', fragments = [], onProgress = silent } = options;
  const kind = kindOfOracle(name);
  const [source, compiler] = await Promise.all([findDebianSource(), compilerVersion()]);
  const own = kind.fragments.map((file) => join(packageRoot, file));
  const settings = [...own, ...fragments].flatMap(fragmentSettings);
  const random = readFileSync(randomSourcePath, 'utf8');
  const key = digest([
    source.identity,
    compiler,
    settings.map(({ symbol, value }) => [symbol, value]),
    variablesOf(kind),
    kind.definitions,
    kind.isProgram ? random : '',
  ]);
  const there = oracleInCache(key);
  if (there) return there;
  requireTools(tools);
  const folder = cachePath('builds', `${kind.folder}-${digest([source.identity, fragments])}`);
  const meter = createMeter(
    [
      { name: 'unpack', expectedSeconds: existsSync(source.tree) ? 0 : 25 },
      { name: 'configure', expectedSeconds: 10 },
      {
        name: 'compile',
        expectedSeconds: (objectsLeft(folder, kind) * secondsPerObject) / availableParallelism(),
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
      await compile(folder, source, kind, settings, meter);
      meter.enter('link');
      await publish(key, folder, source, name);
      return oracleInCache(key)!;
    },
  );
}

async function compile(
  folder: string,
  source: DebianSource,
  kind: KindOfOracle,
  settings: readonly Setting[],
  meter: Meter,
): Promise<void> {
  meter.enter('configure');
  const kbuild = kbuildOf(folder, source, kind);
  await configure(kbuild, mergeSettings(settings));
  const expected = objectsLeft(folder, kind);
  let objects = 0;
  await kbuild.make([kind.target], (line) => {
    if (!isObject(line)) return;
    if (objects++ === 0) meter.enter('compile');
    meter.advance(Math.min(objects / expected, 0.99), madeTarget(line)?.target);
  });
}

/** The tree is clean, and Kbuild only reads it. */
function kbuildOf(folder: string, source: DebianSource, kind: KindOfOracle): Kbuild {
  const kconfig = join(folder, 'Kconfig');
  const top = readFileSync(join(source.tree, 'Kconfig'), 'utf8');
  writeAtomically(
    kconfig,
    top.replace(/^mainmenu .*$/m, (line) => line + kind.definitions),
  );
  return kbuildIn({
    folder,
    source: source.tree,
    objects: join(folder, 'objects'),
    identity: `oracle ${source.identity}`,
    variables: [...variablesOf(kind), `KBUILD_KCONFIG=${kconfig}`],
    realPath: (line) => line,
  });
}

/** What Kbuild is told, whatever machine it runs on. */
function variablesOf(kind: KindOfOracle): string[] {
  return [
    ...kind.architecture,
    'KBUILD_BUILD_TIMESTAMP=Thu Jan  1 00:00:00 UTC 1970',
    'KBUILD_BUILD_USER=libos',
    'KBUILD_BUILD_HOST=libos',
    'KBUILD_BUILD_VERSION=1',
  ];
}

async function publish(
  key: string,
  folder: string,
  source: DebianSource,
  name: OracleKind,
): Promise<void> {
  const linux = linuxVersion(source.tree);
  await publishFolder(cachePath('oracles', key), async (temporary) => {
    const kind = kindOfOracle(name);
    const kernel = join(temporary, kernelName);
    copyFileSync(join(folder, 'objects', kind.kernel), kernel);
    if (kind.isProgram) {
      await runToolOrThrow('strip', ['--strip-debug', kernel]);
      const random = join(temporary, randomName);
      const options = ['-O2', '-shared', '-fPIC', '-o', random];
      await runToolOrThrow('gcc', [...options, randomSourcePath]);
    }
    const builtAt = new Date().toISOString();
    const text = { key, kind: name, linux, source: source.identity, builtAt };
    writeFileSync(join(temporary, madeOf), `${JSON.stringify(text, null, 2)}\n`);
  });
  prune(name);
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
    kernelPath: join(folder, kernelName),
    randomPath: join(folder, randomName),
  };
}

/** Removes the oldest oracles of a kind; those of an earlier version do not say theirs. */
function prune(kind: OracleKind): void {
  const oldestLast = cacheEntries('oracles')
    .map((key) => ({
      key,
      ...(JSON.parse(readFileSync(join(cachePath('oracles', key), madeOf), 'utf8')) as {
        readonly kind?: OracleKind;
        readonly builtAt: string;
      }),
    }))
    .filter((oracle) => (oracle.kind ?? 'network') === kind)
    .sort((a, b) => b.builtAt.localeCompare(a.builtAt));
  for (const { key } of oldestLast.slice(kept)) {
    rmSync(cachePath('oracles', key), { recursive: true });
  }
}

function fragmentSettings(file: string): Setting[] {
  return parseFragment(readFileSync(file, 'utf8'), file.replace(`${packageRoot}/`, ''));
}

/** Objects that are there already need not be compiled, as far as one can tell before make has looked. */
function objectsLeft(folder: string, kind: KindOfOracle): number {
  const there = filesBelow(join(folder, 'objects')).filter((name) => name.endsWith('.o')).length;
  return Math.max(kind.objects - there, 20);
}

async function compilerVersion(): Promise<string> {
  requireTools(['gcc']);
  return (await runToolOrThrow('gcc', ['--version'])).stdout.split('\n')[0]!.trim();
}

function digest(parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 24);
}
