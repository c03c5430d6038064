// SPDX-License-Identifier: GPL-2.0-only

/**
 * Builds the package's own C: the addon for Node.js, the shim that programs preload, the launcher. Each is one
 * call of the machine's C compiler, kept in the cache under a digest of all that goes into it, so that it happens
 * once for a version of the sources. Set-up calls it, and whoever finds a part missing.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import process from 'node:process';
import { cachePath } from '../../kernel/build/cache.js';
import { LibosError } from '../errors.js';
import { packageRoot } from '../package-root.js';

/** A part of libos’s own C: native/. */
export type NativePart = 'addon' | 'shim' | 'launcher';

interface Recipe {
  /** Folders of native/ whose C files go in; headers of native/common are there for all. */
  readonly folders: readonly string[];
  /** The name of what is made. */
  readonly output: string;
  readonly options: readonly string[];
  /** Whether Node.js's headers are needed. */
  readonly node: boolean;
  /** Libraries, which come last. */
  readonly libraries: readonly string[];
}

interface Plan {
  readonly path: string;
  /** From the package's root. */
  readonly sources: readonly string[];
  readonly options: readonly string[];
}

const shared = ['-shared', '-fPIC', '-Wl,-z,defs'];

const recipes: Readonly<Record<NativePart, Recipe>> = {
  // Node.js's own symbols are found when it loads the addon, so they are not asked for here.
  addon: {
    folders: ['addon'],
    output: 'libos.node',
    options: ['-shared', '-fPIC'],
    node: true,
    libraries: ['-ldl'],
  },
  shim: {
    folders: ['shim', 'common'],
    output: 'libnuse-linux.so',
    options: shared,
    node: false,
    libraries: ['-ldl', '-lpthread'],
  },
  // Static: it starts faster, and no shim gets into it when one is preloaded.
  launcher: {
    folders: ['launcher', 'common'],
    output: 'libos',
    options: ['-static'],
    node: false,
    libraries: [],
  },
};

const commonOptions = [
  ...['-std=gnu11', '-D_GNU_SOURCE', '-O2', '-g1', '-fvisibility=hidden', '-pthread'],
  ...['-Wall', '-Wextra', '-Werror'],
];

/** Of a build of libos’s own C. */
export interface BuildOptions {
  /** Told once, before a compiler starts. */
  readonly onBuild?: (what: string) => void;
}

/** The path of a part, which is built first if it has not been. Throws ERR_LIBOS_NATIVE_BUILD. */
export function buildNative(part: NativePart, { onBuild }: BuildOptions = {}): string {
  const recipe = recipes[part];
  const { path, sources, options } = planOf(part);
  if (existsSync(path)) return path;
  onBuild?.(recipe.output);
  const include = [...(recipe.node ? ['-isystem', nodeHeaders()] : []), ...nativeInclude()];
  const files = sources.filter((path) => path.endsWith('.c'));
  compileInto(path, [
    ...options,
    ...include,
    ...files.map((path) => join(packageRoot, path)),
    ...recipe.libraries,
  ]);
  return path;
}

/** The path of a part that has been built, of the sources as they are. @internal */
export function builtNative(part: NativePart): string | undefined {
  const { path } = planOf(part);
  return existsSync(path) ? path : undefined;
}

/** What a part is made of, and where it will be. */
function planOf(part: NativePart): Plan {
  const { output, options: own } = recipes[part];
  const sources = sourcesOf(part);
  const options = [...commonOptions, ...own];
  const folder = cachePath('native', `${part}-${digest(part, sources, options)}`);
  return { path: join(folder, output), sources, options };
}

/** Where the headers are that the native parts share. */
export function nativeInclude(): string[] {
  const folders = ['native', 'kernel/arch/lib/include/asm'];
  return folders.flatMap((folder) => ['-iquote', join(packageRoot, folder)]);
}

/** Runs the C compiler so that its result appears at `path` whole or not at all. */
export function compileInto(path: string, args: readonly string[]): void {
  mkdirSync(dirname(dirname(path)), { recursive: true });
  const scratch = mkdtempSync(join(dirname(dirname(path)), '.making-'));
  try {
    const made = join(scratch, 'made');
    const { status, error, stderr } = spawnSync('cc', [...args, '-o', made], { encoding: 'utf8' });
    if (error) {
      throw buildError(
        `there is no C compiler (${error.message})`,
        'apt-get install --no-install-recommends gcc libc6-dev',
      );
    }
    if (status !== 0) {
      throw buildError(
        `cc failed:\n${stderr.trim()}`,
        'libos needs gcc or clang, and the headers of glibc and Linux',
      );
    }
    mkdirSync(dirname(path), { recursive: true });
    renameSync(made, path);
    prune(dirname(path));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** How many of a part stay when newer ones come: each state of its sources makes one. */
const keptOfPart = 8;

/** Removes the oldest of what `folder` is one of; who has loaded a file keeps it. */
function prune(folder: string): void {
  const part = /^[^-]+-/.exec(basename(folder))?.[0] ?? '';
  readdirSync(dirname(folder))
    .filter((name) => name.startsWith(part))
    .map((name) => join(dirname(folder), name))
    .map((path) => ({ path, madeMs: statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0 }))
    .sort((a, b) => b.madeMs - a.madeMs)
    .slice(keptOfPart)
    .forEach(({ path }) => rmSync(path, { recursive: true, force: true }));
}

/** The C files and headers of a part, and what all parts share, from the package's root. */
function sourcesOf(part: NativePart): string[] {
  const { folders } = recipes[part];
  const listed = folders.flatMap((folder) => filesOf(`native/${folder}`, /\.[chS]$/));
  const shared = ['native', 'native/common', 'native/kernel'].flatMap((folder) =>
    filesOf(folder, /\.h$/),
  );
  return [...new Set([...listed, ...shared])];
}

function filesOf(folder: string, wanted: RegExp): string[] {
  return readdirSync(join(packageRoot, folder))
    .filter((name) => wanted.test(name))
    .sort()
    .map((name) => `${folder}/${name}`);
}

function digest(part: NativePart, sources: readonly string[], options: readonly string[]): string {
  const hash = createHash('sha256');
  hash.update(JSON.stringify([options, process.arch, recipes[part].node ? process.version : '']));
  for (const name of [...sources, 'kernel/arch/lib/include/asm/host_interface.h']) {
    const content = readFileSync(join(packageRoot, name));
    hash.update(`\n${name} ${content.length}\n`).update(content);
  }
  return hash.digest('hex').slice(0, 24);
}

function nodeHeaders(): string {
  const folder = join(dirname(dirname(process.execPath)), 'include/node');
  if (existsSync(join(folder, 'node_api.h'))) return folder;
  throw buildError(
    `the headers of Node.js are not at ${folder}`,
    'install Node.js from its own archive, which brings them, or Debian’s libnode-dev',
  );
}

function buildError(message: string, hint: string): LibosError {
  return new LibosError('ERR_LIBOS_NATIVE_BUILD', `cannot build libos's native parts: ${message}`, {
    hint,
  });
}
