// SPDX-License-Identifier: GPL-2.0-only

/**
 * Pages that memories share until they write to them. WebAssembly cannot share memory between instances, but the
 * machine can: the pages are kept in a file in memory, which is laid over the beginning of each new memory, copy on
 * write (mmap(2), MAP_PRIVATE). That needs the addon; without it, pages are copied.
 */
import { Buffer } from 'node:buffer';
import { addonIfBuilt, type Addon } from '../addon/addon.js';
import type { PagesHandle } from '../addon/binding/pages.js';
import { imagePageBytes } from './image.js';
import type { KernelMemory } from './memory.js';

/** What is to be at an address. */
export interface Piece {
  readonly address: number;
  readonly bytes: Uint8Array;
}

/** A memory has whole pages of this size, and the machine's are no larger. */
const granuleBytes = 65_536;

/** Never changes once it is made. */
export class SharedPages {
  readonly lengthBytes: number;
  readonly #addon: Addon;
  readonly #handle: PagesHandle;

  private constructor(addon: Addon, handle: PagesHandle, lengthBytes: number) {
    this.#addon = addon;
    this.#handle = handle;
    this.lengthBytes = lengthBytes;
  }

  /** Undefined where this machine or process has no way to share them. */
  static of(pieces: readonly Piece[]): SharedPages | undefined {
    const addon = addonIfBuilt();
    const handle = addon?.pagesCreate();
    if (!addon || typeof handle !== 'object') return undefined;
    for (const { address, bytes } of pieces) {
      if (addon.pagesWrite(handle, bytes, address) !== 0) return undefined;
    }
    const lengthBytes = lengthOf(pieces);
    if (addon.pagesSeal(handle, lengthBytes) !== 0) return undefined;
    return new SharedPages(addon, handle, lengthBytes);
  }

  /** Makes the beginning of a new memory these pages; false where the machine refuses one more mapping. */
  layOver({ bytes }: KernelMemory): boolean {
    return this.#addon.pagesLayOver(this.#handle, bytes, this.lengthBytes) === 0;
  }
}

/** Whole pages of a memory: offset and length, in bytes. */
type Range = readonly [offset: number, lengthBytes: number];

/** Ranges as near as this are one: a call costs more than a few pages. */
const gapBytesMax = 3 * imagePageBytes;
const rangesMax = 128;

/**
 * What new memories begin with. The first one gets a copy, since sharing takes as long as copying twice and most
 * images are used once; all that come after it share.
 */
export class InitialPages {
  readonly #pieces: () => Iterable<Piece>;
  #uses = 0;
  #shared: SharedPages | undefined;
  /** By the size that a memory began with. */
  readonly #touched = new Map<number, readonly Range[]>();

  constructor(pieces: () => Iterable<Piece>) {
    this.#pieces = pieces;
  }

  /** Context: the memory is new, all zero. */
  fill(memory: KernelMemory): void {
    if (++this.#uses === 2) this.#shared = SharedPages.of([...this.#pieces()]);
    if (this.#shared?.layOver(memory)) {
      for (const [offset, lengthBytes] of this.#touched.get(memory.sizeBytes) ?? []) {
        // A machine that cannot gives them as they are touched.
        addonIfBuilt()?.populate(memory.bytes, offset, lengthBytes);
      }
      return;
    }
    const { bytes: all } = memory;
    for (const { address, bytes } of this.#pieces()) all.set(bytes, address);
  }

  /**
   * From now on memories that begin with `startBytes` get the pages that this one has come to have for itself in a few
   * calls, instead of one by one as they are touched. Context: it began with so many, was filled, and has done since
   * what each will do, such as to boot.
   */
  learn({ bytes }: KernelMemory, startBytes: number): void {
    const addon = addonIfBuilt();
    if (!addon || this.#touched.has(startBytes)) return;
    const initial = laidOut([...this.#pieces()]);
    const beyond = bytes.subarray(initial.length, startBytes);
    const given = residentRanges(addon, beyond).map(
      ([offset, lengthBytes]) => [initial.length + offset, lengthBytes] as const,
    );
    this.#touched.set(startBytes, joined([...changedPages(initial, bytes), ...given]));
  }
}

/** Of the beginning of a memory that holds them all, in bytes. */
function lengthOf(pieces: readonly Piece[]): number {
  const endBytes = Math.max(0, ...pieces.map(({ address, bytes }) => address + bytes.length));
  return Math.ceil(endBytes / granuleBytes) * granuleBytes;
}

/** As the beginning of a memory has them. */
function laidOut(pieces: readonly Piece[]): Uint8Array {
  const all = new Uint8Array(lengthOf(pieces));
  for (const { address, bytes } of pieces) all.set(bytes, address);
  return all;
}

function changedPages(before: Uint8Array, now: Uint8Array): Range[] {
  const ranges: Range[] = [];
  for (let at = 0; at < before.length; at += imagePageBytes) {
    const pageOf = (bytes: Uint8Array): Uint8Array => bytes.subarray(at, at + imagePageBytes);
    if (Buffer.compare(pageOf(before), pageOf(now)) !== 0) ranges.push([at, imagePageBytes]);
  }
  return ranges;
}

/** Where the machine has given pages. */
function residentRanges(addon: Addon, bytes: Uint8Array): Range[] {
  const found = new Float64Array(2 * rangesMax);
  const count = Math.max(0, addon.residentRanges(bytes, found));
  return Array.from({ length: count }, (_, index) => [found[2 * index]!, found[2 * index + 1]!]);
}

/** Ascending ranges, those near each other as one. */
function joined(ranges: readonly Range[]): Range[] {
  const result: [number, number][] = [];
  for (const [offset, lengthBytes] of ranges) {
    const before = result.at(-1);
    if (before && offset - (before[0] + before[1]) <= gapBytesMax) {
      before[1] = offset + lengthBytes - before[0];
    } else {
      result.push([offset, lengthBytes]);
    }
  }
  return result;
}
