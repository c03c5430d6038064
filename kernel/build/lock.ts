// SPDX-License-Identifier: GPL-2.0-only

/**
 * A lock between processes, as a file that names its holder: two builds that want the same folder take turns. A
 * holder that died, however it died, holds nothing: its process number, with the time that process started, is no
 * longer there.
 */
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { isErrno, isProcessAlive, readIfThere } from './cache.js';

const retryMs = 200;
let attempts = 0;

/** Runs `work` while holding the lock; `onWait` hears once that another process has it. */
export async function withLock<T>(
  path: string,
  onWait: (holderPid: number) => void,
  work: () => Promise<T>,
): Promise<T> {
  mkdirSync(dirname(path), { recursive: true });
  let told = false;
  while (!tryLock(path)) {
    const holder = readIfThere(path);
    if (holder === undefined) continue;
    if (!isHeld(holder)) {
      breakLock(path, holder);
      continue;
    }
    if (!told) onWait(pidOf(holder));
    told = true;
    await sleep(retryMs);
  }
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}

/** The file appears with its holder's name in it, so that nobody ever reads an empty one. */
function tryLock(path: string): boolean {
  const own = `${path}.${process.pid}.${attempts++}`;
  writeFileSync(own, `${process.pid} ${startOf(process.pid) ?? '-'}\n`);
  try {
    linkSync(own, path);
    return true;
  } catch (error) {
    if (isErrno(error, 'EEXIST')) return false;
    throw error;
  } finally {
    rmSync(own, { force: true });
  }
}

/** Takes a dead holder's lock away; another process may have done so, and have locked since. */
function breakLock(path: string, holder: string): void {
  const aside = `${path}.${process.pid}.${attempts++}`;
  try {
    renameSync(path, aside);
    if (readFileSync(aside, 'utf8') !== holder) linkSync(aside, path);
  } catch (error) {
    if (!isErrno(error, 'ENOENT') && !isErrno(error, 'EEXIST')) throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}

function pidOf(holder: string): number {
  return Number(holder.split(' ')[0]);
}

function isHeld(holder: string): boolean {
  const pid = pidOf(holder);
  const start = holder.trim().split(' ')[1];
  if (!Number.isInteger(pid) || pid <= 0 || !isProcessAlive(pid)) return false;
  return (startOf(pid) ?? '-') === start;
}

/** When a process started, in clock ticks since boot; undefined where there is no /proc. */
function startOf(pid: number): string | undefined {
  const stat = readIfThere(`/proc/${pid}/stat`);
  // The second field is the command in parentheses, which may hold anything; the start is field 22.
  return stat
    ?.slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .at(19);
}
