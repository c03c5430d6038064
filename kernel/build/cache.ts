// SPDX-License-Identifier: GPL-2.0-only

/**
 * Where built kernels and what they are built from are kept, outside every checkout. Both the build and the
 * look-up at run time go through it; it knows folders and names, never what a kernel is made of.
 *
 *     trees/<Debian version>/     the packaged source, as it was unpacked
 *     builds/<id>/                source/ (see overlay.ts), make.log, link/; builds/<id>.lock
 *     kernels/<key>/              kernel.wasm, kernel.debug.wasm, manifest.json, origin.json
 *     names/<name>                the key that a name stands for
 *     profiles/<profile>-<form>-<digest of our sources>      the key that a profile of these sources stands for
 *     oracles/<key>/              a User-Mode Linux of the same source, see kernel/oracle
 *     native/<part>-<digest>/     the addon, the shim, the launcher, and native kernels as shared objects
 */
import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';

/** `$LIBOS_CACHE`, else libos's folder in the user's cache (`$XDG_CACHE_HOME`, else `~/.cache`). */
export function cacheRoot(env: NodeJS.ProcessEnv = process.env): string {
  if (env['LIBOS_CACHE']) return env['LIBOS_CACHE'];
  return join(env['XDG_CACHE_HOME'] ? env['XDG_CACHE_HOME'] : join(homedir(), '.cache'), 'libos');
}

export type CacheFolder =
  'trees' | 'builds' | 'kernels' | 'names' | 'profiles' | 'oracles' | 'native';

export function cachePath(folder: CacheFolder, name = ''): string {
  return join(cacheRoot(), folder, name);
}

/** What lies in a folder of the cache, without entries still in the making. */
export function cacheEntries(folder: CacheFolder): string[] {
  return entriesOf(cachePath(folder)).filter((name) => !name.startsWith('.'));
}

/** The names in a folder, none if there is no such folder. */
export function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return [];
    throw error;
  }
}

/** The text of a file, undefined if there is none. */
export function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}

export function isErrno(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

/** Writes a small file so that a reader sees the old text or the new one, never a part. */
export function writeAtomically(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  const temporary = temporaryBeside(path);
  writeFileSync(temporary, text);
  renameSync(temporary, path);
}

/**
 * Fills a folder under another name and then puts it at `path`, in place of what may be there: an interrupted or
 * failed `fill` leaves nothing that anybody would take for the finished folder.
 */
export async function publishFolder(
  path: string,
  fill: (temporary: string) => Promise<void> | void,
): Promise<void> {
  removeAbandoned(dirname(path));
  const temporary = temporaryBeside(path);
  mkdirSync(temporary, { recursive: true });
  try {
    await fill(temporary);
    const old = temporaryBeside(path);
    try {
      renameSync(path, old);
    } catch (error) {
      if (!isErrno(error, 'ENOENT')) throw error;
    }
    renameSync(temporary, path);
    rmSync(old, { recursive: true, force: true });
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

let temporaries = 0;

/** `.<name>.<process>.<count>`: hidden from cacheEntries, and known by its process when that has died. */
function temporaryBeside(path: string): string {
  const name = path.slice(dirname(path).length + 1);
  return join(dirname(path), `.${name}.${process.pid}.${temporaries++}`);
}

/** Removes what processes that are no more left in the making. */
function removeAbandoned(folder: string): void {
  for (const name of entriesOf(folder)) {
    const pid = /^\..*\.(\d+)\.\d+$/.exec(name)?.[1];
    if (pid === undefined || isProcessAlive(Number(pid))) continue;
    rmSync(join(folder, name), { recursive: true, force: true });
  }
}

export function isProcessAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return isErrno(error, 'EPERM');
  }
}
