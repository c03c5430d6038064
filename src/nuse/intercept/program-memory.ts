// SPDX-License-Identifier: GPL-2.0-only

/** The memory of a program that waits for an answer, read and written from outside. */
import { addon } from '../../native/addon.js';
import { errno, SystemError } from '../../posix/index.js';

const PATH_MAX = 4096;
const pageBytes = 4096;
/** Linux's own limit for one vector (UIO_MAXIOV). */
const rangesMax = 1024;

const decoder = new TextDecoder();
const ranges = new Float64Array(2 * rangesMax);

export function readMemory(tid: number, address: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  readMemoryInto(tid, address, bytes);
  return bytes;
}

export function readMemoryInto(tid: number, address: number, target: Uint8Array): void {
  const { length } = target;
  const result = addon().processRead(tid, address, target, 0, length);
  if (result !== length) throw fault(tid, result, 'process_vm_readv');
}

export function writeMemory(tid: number, address: number, source: Uint8Array): void {
  const { length } = source;
  const result = addon().processWrite(tid, address, source, 0, length);
  if (result !== length) throw fault(tid, result, 'process_vm_writev');
}

/** How many bytes came, fewer when a later segment is not there. */
export function readMemoryVector(
  tid: number,
  segments: readonly number[],
  target: Uint8Array,
): number {
  const count = fill(segments);
  const result = addon().processReadVector(tid, ranges, count, target, 0, target.length);
  if (result < 0) throw fault(tid, result, 'process_vm_readv');
  return result;
}

export function writeMemoryVector(
  tid: number,
  segments: readonly number[],
  source: Uint8Array,
): number {
  const count = fill(segments);
  const result = addon().processWriteVector(tid, ranges, count, source, 0, source.length);
  if (result < 0) throw fault(tid, result, 'process_vm_writev');
  return result;
}

/** Page by page: the memory behind the end of a string may not be there. */
export function readString(tid: number, address: number, maxBytes = PATH_MAX): string {
  let text = '';
  let at = address;
  const end = address + maxBytes;
  while (at < end) {
    const length = Math.min(pageBytes - (at % pageBytes), end - at);
    const bytes = readMemory(tid, at, length);
    const nul = bytes.indexOf(0);
    text += decoder.decode(nul < 0 ? bytes : bytes.subarray(0, nul), { stream: nul < 0 });
    if (nul >= 0) return text;
    at += length;
  }
  throw new SystemError(errno.ENAMETOOLONG, 'process_vm_readv');
}

function fill(segments: readonly number[]): number {
  if (segments.length > ranges.length) throw new SystemError(errno.EINVAL, 'process_vm_readv');
  ranges.set(segments);
  return segments.length / 2;
}

function fault(tid: number, result: number, syscall: string): SystemError {
  // Fewer bytes than asked for: some of them are not there.
  const number = result < 0 ? -result : errno.EFAULT;
  return new SystemError(number, syscall, { detail: `of process ${tid}` });
}
