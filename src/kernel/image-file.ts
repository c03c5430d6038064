// SPDX-License-Identifier: GPL-2.0-only

/** An image as bytes: words of 32 bits, first the fields and what the caller adds, then page numbers, then pages. */
import { imagePageBytes, type KernelImage } from './image.js';

/** Another number whenever what follows is laid out differently. */
const layout = 0x6c62_0001;
const headWords = 6;
const pageWords = imagePageBytes / 4;

/** `more` comes back with the image. */
export function encodeImage(image: KernelImage, more: readonly number[] = []): Uint8Array {
  const { pageNumbers, pageBlocks, pageIndexes, blocks } = image;
  const count = pageNumbers.length;
  const firstPage = headWords + more.length + count;
  const words = new Uint32Array(firstPage + count * pageWords);
  const { memoryBytes, memoryMaxBytes, stackPointer } = image;
  words.set([layout, memoryBytes, memoryMaxBytes, stackPointer, count, more.length, ...more]);
  words.set(pageNumbers, headWords + more.length);
  for (let page = 0; page < count; page++) {
    const from = pageIndexes[page]! * pageWords;
    const block = blocks[pageBlocks[page]!]!;
    words.set(block.subarray(from, from + pageWords), firstPage + page * pageWords);
  }
  return new Uint8Array(words.buffer);
}

/** Undefined where the bytes are no image, or not all of one. */
export function decodeImage(
  bytes: Uint8Array,
): { readonly image: KernelImage; readonly more: readonly number[] } | undefined {
  if (bytes.length % 4 !== 0 || bytes.length < headWords * 4) return undefined;
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  const words = new Uint32Array(aligned.buffer, aligned.byteOffset, aligned.length / 4);
  const [format, memoryBytes, memoryMaxBytes, stackPointer, count, moreCount] = words;
  const firstNumber = headWords + moreCount!;
  const firstPage = firstNumber + count!;
  if (format !== layout || words.length !== firstPage + count! * pageWords) return undefined;
  const image = {
    memoryBytes: memoryBytes!,
    memoryMaxBytes: memoryMaxBytes!,
    stackPointer: stackPointer!,
    pageNumbers: words.slice(firstNumber, firstPage),
    pageBlocks: new Uint32Array(count!),
    pageIndexes: Uint32Array.from({ length: count! }, (_, page) => page),
    blocks: [words.subarray(firstPage)],
  };
  return { image, more: [...words.subarray(headWords, firstNumber)] };
}
