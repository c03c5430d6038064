// SPDX-License-Identifier: GPL-2.0-only

/**
 * Where the files of running hosts lie: control sockets and logs, in a folder that only its user can enter.
 * native/common/control.c finds the same place in C.
 */
import { existsSync, lstatSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { LibosError } from '../../errors.js';

type Environment = Readonly<Partial<Record<string, string>>>;

/** The folder, made if need be. Throws ERR_LIBOS_RUNTIME_FOLDER. */
export function runtimeFolder(env: Environment = process.env): string {
  const folder = place(env);
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== 'EEXIST') {
      throw new LibosError('ERR_LIBOS_RUNTIME_FOLDER', `cannot make ${folder}: ${message}`, {
        hint: 'set XDG_RUNTIME_DIR to a folder of yours',
      });
    }
  }
  const status = lstatSync(folder);
  if (!status.isDirectory() || status.uid !== process.geteuid!() || (status.mode & 0o77) !== 0) {
    throw new LibosError(
      'ERR_LIBOS_RUNTIME_FOLDER',
      `${folder} is not a folder that only you can enter`,
      { hint: `remove it, or chmod 700 ${folder}` },
    );
  }
  return folder;
}

function place(env: Environment): string {
  const runtime = env['XDG_RUNTIME_DIR'];
  if (runtime?.startsWith('/')) return join(runtime, 'libos');
  const uid = process.geteuid!();
  const users = `/run/user/${uid}`;
  if (existsSync(users) && statSync(users).uid === uid) return join(users, 'libos');
  return `/tmp/libos-${uid}`;
}

/** A file of a host. */
export function hostFile(
  host: string,
  suffix: '.sock' | '.log' | '.files',
  env?: Environment,
): string {
  return join(runtimeFolder(env), `${host}${suffix}`);
}

/** The hosts that have a control socket there, up or left behind, by name. */
export function hostNames(env?: Environment): string[] {
  return readdirSync(runtimeFolder(env))
    .filter((name) => name.endsWith('.sock'))
    .map((name) => name.slice(0, -'.sock'.length))
    .sort();
}
