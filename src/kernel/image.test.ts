// SPDX-License-Identifier: GPL-2.0-only

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  capturePages,
  imagePageBytes,
  nonZeroPages,
  restorePages,
  unsharedBytes,
} from './image.js';
import { KernelMemory } from './memory.js';

const wasmPages = 4;
const createMemory = (): KernelMemory =>
  new KernelMemory(new WebAssembly.Memory({ initial: wasmPages, maximum: 8 }));
const pageCount = (wasmPages * 65_536) / imagePageBytes;
const write = (memory: KernelMemory, page: number, value: number): void =>
  void (memory.bytes[page * imagePageBytes + (value % imagePageBytes)] = value);

describe('images of a memory', () => {
  test('each brings back what the memory was, however many pages it shares with earlier ones', () => {
    const writes = fc.array(fc.tuple(fc.nat({ max: pageCount - 1 }), fc.nat({ max: 255 })), {
      maxLength: 20,
    });
    fc.assert(
      fc.property(fc.array(writes, { minLength: 1, maxLength: 5 }), (rounds) => {
        const memory = createMemory();
        const kept = [];
        let base;
        for (const round of rounds) {
          for (const [page, value] of round) {
            // A page of zeros is one that is not there.
            if (value % 5 === 0) memory.bytes.fill(0, page * 4096, (page + 1) * 4096);
            else write(memory, page, value);
          }
          base = capturePages(memory, base);
          kept.push({ image: base, bytes: memory.bytes.slice() });
        }
        for (const { image, bytes } of kept.reverse()) {
          restorePages(memory, image, nonZeroPages(memory));
          expect(Buffer.compare(memory.bytes, bytes)).toBe(0);
          const fresh = createMemory();
          restorePages(fresh, image, new Uint32Array(0));
          expect(Buffer.compare(fresh.bytes, bytes)).toBe(0);
        }
      }),
      { numRuns: 15 },
    );
  });

  test('an image holds the pages that have changed since its base, and forgets blocks that it no longer needs', () => {
    const memory = createMemory();
    for (let page = 0; page < 10; page++) write(memory, page, page + 1);
    const first = capturePages(memory);
    write(memory, 3, 99);
    write(memory, 20, 7);
    const second = capturePages(memory, first);
    expect(unsharedBytes(second, first)).toBe(2 * imagePageBytes);
    expect(capturePages(memory, second).blocks).toHaveLength(2);
    for (let page = 0; page < 21; page++) write(memory, page, 50);
    const third = capturePages(memory, second);
    expect(unsharedBytes(third, second)).toBe(21 * imagePageBytes);
    expect(third.blocks).toHaveLength(1);
  });

  test('growth is captured too', () => {
    const wasmMemory = new WebAssembly.Memory({ initial: wasmPages });
    const memory = new KernelMemory(wasmMemory);
    const base = capturePages(memory);
    wasmMemory.grow(1);
    write(memory, pageCount, 5);
    const image = capturePages(memory, base);
    expect([...image.pageNumbers]).toEqual([pageCount]);
  });
});
