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
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { cachePath } from '../../kernel/build/cache.js';
import { buildNative, type BuildOptions } from './build.js';
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
  const text = pathsText();
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

/** Compiled, the broker starts in a fraction of the time that its sources take. */
function pathsText(): string {
  const compiled = join(packageRoot, 'dist/src');
  const lines = [
    ['broker', join(compiled, 'nuse/broker/main.js')],
    ['command', join(compiled, 'cli/main.js')],
  ];
  return lines.map(([key, script]) => `${key}=${process.execPath}\n${key}=${script}\n`).join('');
}

function replace(to: string, from: string, mode: number): void {
  if (existsSync(to) && readFileSync(to).equals(readFileSync(from))) return;
  mkdirSync(dirname(to), { recursive: true });
  const next = `${to}.${process.pid}`;
  copyFileSync(from, next);
  chmodSync(next, mode);
  renameSync(next, to);
}
