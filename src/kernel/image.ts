// SPDX-License-Identifier: GPL-2.0-only

/**
 * The state of an instance between two calls: its memory, of which only pages with something in them are kept,
 * and its stack pointer. Many instances can start from one image; nothing writes to an image once it is made.
 */
import type { KernelMemory } from './memory.js';

/** WebAssembly's unit of memory; the pages below are Linux's. */
export const wasmPageBytes = 65_536;
export const imagePageBytes = 4096;
const pageWords = imagePageBytes / 4;

export interface KernelImage {
  readonly memoryBytes: number;
  readonly stackPointer: number;
  /** The limit that the kernel was booted with. */
  readonly memoryMaxBytes: number;
  /** Numbers of the pages kept, ascending. */
  readonly pageNumbers: Uint32Array;
  /** Their contents, one after another. */
  readonly pages: Uint8Array;
}

/** Numbers of the pages that are not all zero. */
export function nonZeroPages(memory: KernelMemory): Uint32Array {
  const { u32 } = memory;
  const found = new Uint32Array(u32.length / pageWords);
  let count = 0;
  for (let page = 0; page < found.length; page++) {
    if (!isZero(u32, page * pageWords)) found[count++] = page;
  }
  return found.slice(0, count);
}

function isZero(words: Uint32Array, start: number): boolean {
  // Eight at a time: a page of a working kernel differs early, an empty one is read to its end.
  for (let at = start; at < start + pageWords; at += 8) {
    const any =
      words[at]! |
      words[at + 1]! |
      words[at + 2]! |
      words[at + 3]! |
      words[at + 4]! |
      words[at + 5]! |
      words[at + 6]! |
      words[at + 7]!;
    if (any !== 0) return false;
  }
  return true;
}

export function capturePages(memory: KernelMemory): Pick<KernelImage, 'pageNumbers' | 'pages'> {
  const pageNumbers = nonZeroPages(memory);
  const pages = new Uint8Array(pageNumbers.length * imagePageBytes);
  const { bytes } = memory;
  forEachRun(pageNumbers, (first, count, index) => {
    const from = first * imagePageBytes;
    pages.set(bytes.subarray(from, from + count * imagePageBytes), index * imagePageBytes);
  });
  return { pageNumbers, pages };
}

/**
 * Makes `memory` what it was. `dirtyPages` are those that may differ from zero now; all others are zero already,
 * as in a fresh memory.
 */
export function restorePages(
  memory: KernelMemory,
  image: Pick<KernelImage, 'pageNumbers' | 'pages'>,
  dirtyPages: Uint32Array,
): void {
  const { bytes } = memory;
  let kept = 0;
  for (const page of dirtyPages) {
    while (kept < image.pageNumbers.length && image.pageNumbers[kept]! < page) kept++;
    if (image.pageNumbers[kept] === page) continue;
    bytes.fill(0, page * imagePageBytes, (page + 1) * imagePageBytes);
  }
  forEachRun(image.pageNumbers, (first, count, index) => {
    const from = index * imagePageBytes;
    const run = image.pages.subarray(from, from + count * imagePageBytes);
    bytes.set(run, first * imagePageBytes);
  });
}

/** Calls back for each run of neighbouring pages: its first page, its length and its index in the list. */
function forEachRun(
  pageNumbers: Uint32Array,
  run: (first: number, count: number, index: number) => void,
): void {
  for (let index = 0; index < pageNumbers.length;) {
    const first = pageNumbers[index]!;
    let count = 1;
    while (pageNumbers[index + count] === first + count) count++;
    run(first, count, index);
    index += count;
  }
}
