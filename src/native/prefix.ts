// SPDX-License-Identifier: GPL-2.0-only

/**
 * Puts the launcher and the shim, with the file that says where Node.js and this package are, where programs find
 * them: under a prefix of the user's choice, or one of this package's own in the cache.
 *
 *     bin/libos                 the launcher
 *     lib/libnuse-linux.so      the shim
 *     lib/libos/paths           how the two start a broker and the rest of the command
 */
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { cachePath } from '../../kernel/build/cache.js';
import { buildNative, type BuildOptions } from '../addon/build.js';
import { packageRoot } from '../package-root.js';

export interface Prefix {
  readonly folder: string;
  readonly launcher: string;
  readonly shim: string;
}

/** The files under a prefix, by what they are. */
export function filesUnder(folder: string): Prefix & { readonly paths: string } {
  return {
    folder,
    launcher: join(folder, 'bin/libos'),
    shim: join(folder, 'lib/libnuse-linux.so'),
    paths: join(folder, 'lib/libos/paths'),
  };
}

/** The prefix of this package's own, brought up to date. Throws ERR_LIBOS_NATIVE_BUILD. */
export function ownPrefix(options: BuildOptions = {}): Prefix {
  const id = createHash('sha256').update(`${packageRoot}\n${process.execPath}`).digest('hex');
  return installInto(cachePath('native', `prefix-${id.slice(0, 24)}`), options);
}

/** Copies what differs; each file appears whole or not at all. */
export function installInto(folder: string, options: BuildOptions = {}): Prefix {
  const { paths, ...prefix } = filesUnder(folder);
  replace(prefix.launcher, buildNative('launcher', options), 0o755);
  replace(prefix.shim, buildNative('shim', options), 0o644);
  const text = pathsText(prefix.launcher);
  if (!existsSync(paths) || readFileSync(paths, 'utf8') !== text) {
    mkdirSync(dirname(paths), { recursive: true });
    writeFileSync(`${paths}.${process.pid}`, text);
    renameSync(`${paths}.${process.pid}`, paths);
  }
  return prefix;
}

export function uninstallFrom(folder: string): void {
  const { launcher, shim, paths } = filesUnder(folder);
  for (const file of [launcher, shim]) rmSync(file, { force: true });
  rmSync(dirname(paths), { recursive: true, force: true });
}

/** The broker's command line, without the host's name. Compiled, it starts in a fraction of the time of its sources. */
export function brokerCommand(launcher: string): string[] {
  return [process.execPath, brokerScript(), `--launcher=${launcher}`];
}

/** All in one file, which starts in half the time, unless a module has been compiled since it was made. */
function brokerScript(): string {
  const bundle = join(packageRoot, 'dist/broker.js');
  const madeMs = statSync(bundle, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const isStale = brokerFolders
    .flatMap((folder) => compiledBelow(join(packageRoot, 'dist', folder)))
    .some((path) => statSync(path).mtimeMs > madeMs);
  return isStale ? join(packageRoot, 'dist/src/nuse/broker/main.js') : bundle;
}

const brokerFolders = ['kernel/abi', 'kernel/build', 'src'];

function compiledBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.js'))
    .map((name) => join(folder, name));
}

function pathsText(launcher: string): string {
  const command = [process.execPath, join(packageRoot, 'dist/src/cli/main.js')];
  const lines = [
    ...brokerCommand(launcher).map((argument) => `broker=${argument}\n`),
    ...command.map((argument) => `command=${argument}\n`),
  ];
  return lines.join('');
}

function replace(to: string, from: string, mode: number): void {
  if (existsSync(to) && readFileSync(to).equals(readFileSync(from))) return;
  mkdirSync(dirname(to), { recursive: true });
  const next = `${to}.${process.pid}`;
  copyFileSync(from, next);
  chmodSync(next, mode);
  renameSync(next, to);
}
