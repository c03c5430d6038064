// SPDX-License-Identifier: GPL-2.0-only
/**
 * The memory that a program’s calls pass to the kernel and get back: what a call changed there is the part of its
 * result that is not a number. Looked at before and after each call that is recorded.
 */
import { ilp32 } from '../struct/data-model.js';
import { callNumbers } from '../syscall-numbers.js';
import type { ArgumentArena, KernelPort } from '../kernel-port.js';

/** Pieces of this size are compared at once. */
const blockBytes = 4096;
/** What a loop compares faster. */
const fewBytes = 64;
const samplesMax = 64;

const { write, writev, sendto, sendmsg, close, shutdown } = callNumbers(ilp32);
/** Calls that read the memory and write nothing there. */
const readOnly: ReadonlySet<number> = new Set([write, writev, sendto, sendmsg, close, shutdown]);

/** One for all: a call ends before another one begins. */
let before = new Uint8Array(64 * 1024);

export class ArgumentMemory {
  readonly #port: KernelPort;
  readonly #sizes = new Map<number, number>();
  /** All that there ever was, for whoever has to undo what was written there. */
  readonly ranges = new Map<number, number>();
  #arena: ArgumentArena | undefined;
  /** Of the call under way: pairs of address and length. */
  #regions: number[] = [];

  constructor(port: KernelPort) {
    this.#port = port;
  }

  /** Where most calls pass theirs; of it only what is in use is looked at. */
  useArena(arena: ArgumentArena): void {
    this.#arena = arena;
  }

  allocated(address: number, sizeBytes: number): void {
    this.#sizes.set(address, sizeBytes);
    this.ranges.set(address, Math.max(sizeBytes, this.ranges.get(address) ?? 0));
  }

  freed(address: number): void {
    this.#sizes.delete(address);
  }

  /** A sum over samples of what is passed: enough to notice that a program passes something else. */
  check(): number {
    this.#regions.length = 0;
    for (const [address, sizeBytes] of this.#sizes) {
      const isArena = address === this.#arena?.address;
      this.#regions.push(address, isArena ? this.#arena!.usedBytes : sizeBytes);
    }
    let sum = 0;
    for (let i = 0; i < this.#regions.length; i += 2) {
      sum = sampledSum(sum, this.#port.memory.view, this.#regions[i]!, this.#regions[i + 1]!);
    }
    return sum;
  }

  /** Before the call, after `check`. */
  remember(number: number): void {
    if (readOnly.has(number)) this.#regions.length = 0;
    const { bytes } = this.#port.memory;
    let at = 0;
    for (let i = 0; i < this.#regions.length; i += 2) {
      const address = this.#regions[i]!;
      const length = this.#regions[i + 1]!;
      if (at + length > before.length) {
        const larger = new Uint8Array((at + length) * 2);
        larger.set(before);
        before = larger;
      }
      before.set(bytes.subarray(address, address + length), at);
      at += length;
    }
  }

  /** After the call: address and length of each piece that it changed. */
  changes(): number[] {
    const { bytes } = this.#port.memory;
    const found: number[] = [];
    let at = 0;
    for (let i = 0; i < this.#regions.length; i += 2) {
      const address = this.#regions[i]!;
      const length = this.#regions[i + 1]!;
      for (let done = 0; done < length; done += blockBytes) {
        const count = Math.min(blockBytes, length - done);
        addChange(found, bytes, address + done, at + done, count);
      }
      at += length;
    }
    return found;
  }
}

/** Adds the smallest piece of a block that covers all that differs, as part of the last one where they touch. */
function addChange(
  found: number[],
  bytes: Uint8Array,
  address: number,
  at: number,
  count: number,
): void {
  if (isSame(bytes, address, at, count)) return;
  const first = firstDifference(bytes, address, at, count);
  const end = endOfDifference(bytes, address, at, count);
  const last = found.length - 2;
  if (last >= 0 && found[last]! + found[last + 1]! === address + first) {
    found[last + 1]! += end - first;
  } else {
    found.push(address + first, end - first);
  }
}

/** The C library’s comparison is many times faster than a loop. */
function isSame(bytes: Uint8Array, address: number, at: number, count: number): boolean {
  const now = bytes.subarray(address, address + count);
  return Buffer.compare(now, before.subarray(at, at + count)) === 0;
}

/** Context: something differs. */
function firstDifference(bytes: Uint8Array, address: number, at: number, count: number): number {
  let from = 0;
  let length = count;
  while (length > fewBytes) {
    const half = length >>> 1;
    if (isSame(bytes, address + from, at + from, half)) {
      from += half;
      length -= half;
    } else {
      length = half;
    }
  }
  while (bytes[address + from] === before[at + from]) from++;
  return from;
}

function endOfDifference(bytes: Uint8Array, address: number, at: number, count: number): number {
  let end = count;
  let length = count;
  while (length > fewBytes) {
    const half = length >>> 1;
    if (isSame(bytes, address + end - half, at + end - half, half)) {
      end -= half;
      length -= half;
    } else {
      length = half;
    }
  }
  while (bytes[address + end - 1] === before[at + end - 1]) end--;
  return end;
}

function sampledSum(start: number, view: DataView, address: number, length: number): number {
  let sum = Math.imul(start ^ length, 0x9e3779b1);
  const words = length >>> 2;
  const step = Math.max(1, Math.floor(words / samplesMax));
  for (let word = 0; word < words; word += step) {
    sum = Math.imul(sum ^ view.getUint32(address + word * 4, true), 0x85ebca6b);
    sum ^= sum >>> 15;
  }
  for (let at = words * 4; at < length; at++) {
    sum = Math.imul(sum ^ view.getUint8(address + at), 0x85ebca6b);
  }
  return sum | 0;
}
