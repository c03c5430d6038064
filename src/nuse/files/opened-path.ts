// SPDX-License-Identifier: GPL-2.0-only

/** What an open asks for: the path in full, and with which flags. */
import { readlinkSync } from 'node:fs';
import { posix } from 'node:path';
import type { Call } from '../call.js';

const AT_FDCWD = -100;

export interface OpenRequest {
  /** Absolute, without `.` and `..`; undefined where it can't be told. */
  readonly path: string | undefined;
  /** `O_*`. */
  readonly flags: number;
}

/** Reads the arguments of open, openat or openat2. Throws a SystemError for a path that is not there. */
export function readOpen(call: Call): OpenRequest {
  const first = call.name === 'open' ? 0 : 1;
  const folder = call.name === 'open' ? AT_FDCWD : call.int(0);
  const path = call.readString(call.unsigned(first));
  return { path: absolute(call.tid, folder, path), flags: flagsOf(call, first + 1) };
}

function flagsOf(call: Call, index: number): number {
  if (call.name !== 'openat2') return call.int(index);
  // struct open_how begins with 64 bits of flags, of which all that have a name lie in the first word.
  const how = call.read(call.unsigned(index), 8);
  return new DataView(how.buffer, how.byteOffset).getInt32(0, true);
}

/** Nothing in it for `normalize` to do, which costs more than all the rest. */
function isPlain(path: string): boolean {
  return !path.includes('//') && !path.includes('/.');
}

function absolute(tid: number, folder: number, path: string): string | undefined {
  if (path.startsWith('/')) return isPlain(path) ? path : posix.normalize(path);
  if (path === '') return undefined;
  try {
    const from = folder === AT_FDCWD ? 'cwd' : `fd/${folder}`;
    const base = readlinkSync(`/proc/${tid}/${from}`);
    return base.startsWith('/') ? posix.join(base, path) : undefined;
  } catch {
    // No such descriptor, or a process that is going: Linux has the right error for it.
    return undefined;
  }
}
