// SPDX-License-Identifier: GPL-2.0-only

/** The memory of a program that waits for an answer, read and written from outside. */
import { addon } from '../../addon/addon.js';
import { errno, SystemError } from '../../posix/index.js';

const PATH_MAX = 4096;
/** Divides every page. */
const pieceBytes = 256;
/** Linux's own limit for one vector (UIO_MAXIOV). */
const rangesMax = 1024;

const decoder = new TextDecoder();
const ranges = new Float64Array(2 * rangesMax);
const text = new Uint8Array(PATH_MAX);

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

/** In pieces that do not cross a page: the memory behind the end of a string may not be there. */
export function readString(tid: number, address: number, maxBytes = PATH_MAX): string {
  let done = 0;
  while (done < maxBytes) {
    const at = address + done;
    const length = Math.min(pieceBytes - (at % pieceBytes), maxBytes - done, text.length - done);
    if (length === 0) break;
    const result = addon().processRead(tid, at, text, done, length);
    if (result !== length) throw fault(tid, result, 'process_vm_readv');
    const nul = text.subarray(0, done + length).indexOf(0, done);
    if (nul >= 0) return decoder.decode(text.subarray(0, nul));
    done += length;
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
