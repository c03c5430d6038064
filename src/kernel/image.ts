// SPDX-License-Identifier: GPL-2.0-only

/**
 * The state of an instance between two calls: its memory, of which only pages with something in them are kept,
 * and its stack pointer. Many instances can start from one image; nothing writes to an image once it is made, so
 * that a later image refers to the pages of an earlier one that have not changed.
 */
import { Buffer } from 'node:buffer';
import type { KernelMemory } from './memory.js';
import type { Piece } from './shared-pages.js';

/** WebAssembly's unit of memory; the pages below are Linux's. */
export const wasmPageBytes = 65_536;
export const imagePageBytes = 4096;
const pageWords = imagePageBytes / 4;

/** Pages of a memory: of each its number, the block that it lies in and where, in pages. @internal */
export interface PageSet {
  /** Ascending. */
  readonly pageNumbers: Uint32Array;
  readonly pageBlocks: Uint32Array;
  readonly pageIndexes: Uint32Array;
  /** Pages one after another; images share blocks. */
  readonly blocks: readonly Uint32Array[];
}

/** A kernel's memory at one moment, as the pages that are not zero; images share those that are alike. */
export interface KernelImage extends PageSet {
  readonly memoryBytes: number;
  readonly stackPointer: number;
  /** The limit that the kernel was booted with. */
  readonly memoryMaxBytes: number;
}

/** What lies at an address, in as few pieces as there can be. @internal */
export function* piecesOf(image: PageSet): Generator<Piece> {
  const { pageNumbers, pageBlocks, pageIndexes, blocks } = image;
  for (let i = 0; i < pageNumbers.length;) {
    const first = pageNumbers[i]!;
    const block = pageBlocks[i]!;
    const index = pageIndexes[i]!;
    let count = 1;
    while (
      pageNumbers[i + count] === first + count &&
      pageBlocks[i + count] === block &&
      pageIndexes[i + count] === index + count
    ) {
      count++;
    }
    const { buffer, byteOffset } = blocks[block]!;
    const start = byteOffset + index * imagePageBytes;
    const bytes = new Uint8Array(buffer, start, count * imagePageBytes);
    yield { address: first * imagePageBytes, bytes };
    i += count;
  }
}

/** Makes single pages of `memory` what they were. */
export function restoreSinglePages(
  memory: KernelMemory,
  image: PageSet,
  pages: Iterable<number>,
): void {
  const { u32 } = memory;
  for (const page of pages) {
    const at = indexOf(image.pageNumbers, page);
    if (at < 0) u32.fill(0, page * pageWords, (page + 1) * pageWords);
    else {
      const from = image.pageIndexes[at]! * pageWords;
      const block = image.blocks[image.pageBlocks[at]!]!;
      u32.set(block.subarray(from, from + pageWords), page * pageWords);
    }
  }
}

/** In ascending numbers; -1 where it is not. */
function indexOf(numbers: Uint32Array, wanted: number): number {
  let low = 0;
  let high = numbers.length - 1;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    if (numbers[middle] === wanted) return middle;
    if (numbers[middle]! < wanted) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}

/** Bytes of the pages that `image` does not share with `other`. @internal */
export function unsharedBytes(image: PageSet, other: PageSet): number {
  let pages = 0;
  for (const block of image.pageBlocks) if (!other.blocks.includes(image.blocks[block]!)) pages++;
  return pages * imagePageBytes;
}

/** Numbers of the pages that are not all zero. */
export function nonZeroPages(memory: KernelMemory): Uint32Array {
  const { bytes } = memory;
  const found = new Uint32Array(bytes.length / imagePageBytes);
  let count = 0;
  for (let page = 0; page < found.length; page++) {
    if (!isZero(bytes, page)) found[count++] = page;
  }
  return found.slice(0, count);
}

const zeroPage = new Uint8Array(imagePageBytes);

// Comparisons are the C library's: most are made when a scenario starts, before a loop of ours would be compiled.

function isZero(bytes: Uint8Array, page: number): boolean {
  return Buffer.compare(pageOf(bytes, page), zeroPage) === 0;
}

function isSame(bytes: Uint8Array, page: number, block: Uint32Array, index: number): boolean {
  const others = new Uint8Array(block.buffer, block.byteOffset, block.byteLength);
  return Buffer.compare(pageOf(bytes, page), pageOf(others, index)) === 0;
}

function pageOf(bytes: Uint8Array, page: number): Uint8Array {
  return bytes.subarray(page * imagePageBytes, (page + 1) * imagePageBytes);
}

const noPages: PageSet = {
  pageNumbers: new Uint32Array(0),
  pageBlocks: new Uint32Array(0),
  pageIndexes: new Uint32Array(0),
  blocks: [],
};

/** The pages of a memory; those that are as in `base` are shared with it. */
export function capturePages(memory: KernelMemory, base: PageSet = noPages): PageSet {
  const { u32, bytes } = memory;
  const pageCount = u32.length / pageWords;
  const numbers = new Uint32Array(pageCount);
  const baseIndexes = new Int32Array(pageCount);
  let count = 0;
  let changed = 0;
  let inBase = 0;
  for (let page = 0; page < pageCount; page++) {
    while (base.pageNumbers[inBase]! < page) inBase++;
    const shared =
      base.pageNumbers[inBase] === page &&
      isSame(bytes, page, base.blocks[base.pageBlocks[inBase]!]!, base.pageIndexes[inBase]!);
    if (!shared && isZero(bytes, page)) continue;
    numbers[count] = page;
    baseIndexes[count++] = shared ? inBase : -1;
    if (!shared) changed++;
  }
  return gather(u32, numbers.slice(0, count), baseIndexes, changed, base);
}

function gather(
  words: Uint32Array,
  pageNumbers: Uint32Array,
  baseIndexes: Int32Array,
  changed: number,
  base: PageSet,
): PageSet {
  const block = new Uint32Array(changed * pageWords);
  const blocks: Uint32Array[] = changed === 0 ? [] : [block];
  /** The new number of each of the base's blocks that is still in use. */
  const blockNumbers = new Map<number, number>();
  const pageBlocks = new Uint32Array(pageNumbers.length);
  const pageIndexes = new Uint32Array(pageNumbers.length);
  let copied = 0;
  for (const [i, page] of pageNumbers.entries()) {
    const inBase = baseIndexes[i]!;
    if (inBase < 0) {
      block.set(words.subarray(page * pageWords, (page + 1) * pageWords), copied * pageWords);
      pageIndexes[i] = copied++;
      continue;
    }
    const old = base.pageBlocks[inBase]!;
    let number = blockNumbers.get(old);
    if (number === undefined) {
      number = blocks.push(base.blocks[old]!) - 1;
      blockNumbers.set(old, number);
    }
    pageBlocks[i] = number;
    pageIndexes[i] = base.pageIndexes[inBase]!;
  }
  return { pageNumbers, pageBlocks, pageIndexes, blocks };
}

/** Makes `memory` what it was. `dirtyPages` are those that may differ from zero now; all others are zero. */
export function restorePages(memory: KernelMemory, image: PageSet, dirtyPages: Uint32Array): void {
  const { u32, bytes: all } = memory;
  const { pageNumbers } = image;
  let kept = 0;
  for (const page of dirtyPages) {
    while (pageNumbers[kept]! < page) kept++;
    if (pageNumbers[kept] === page) continue;
    u32.fill(0, page * pageWords, (page + 1) * pageWords);
  }
  for (const { address, bytes } of piecesOf(image)) all.set(bytes, address);
}
