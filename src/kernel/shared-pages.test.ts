// SPDX-License-Identifier: GPL-2.0-only

import { once } from 'node:events';
import { ftruncateSync, readdirSync, readFileSync, readlinkSync, writeSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { readKernel } from '../../kernel/build/kernel-file.js';
import { locateKernel } from '../../kernel/build/locate.js';
import { addon } from '../addon/addon.js';
import { buildNative } from '../addon/build.js';
import { SeededEntropy, SimulatedClock } from '../host/index.js';
import { Kernel } from './index.js';
import { KernelMemory } from './memory.js';
import { InitialPages, SharedPages, type Piece } from './shared-pages.js';

const { addonThere } = vi.hoisted(() => ({ addonThere: { value: true } }));
vi.mock(import('../addon/addon.js'), async (original) => {
  const actual = await original();
  return {
    ...actual,
    addonIfBuilt: () => (addonThere.value ? actual.addonIfBuilt() : undefined),
  };
});

beforeAll(() => {
  buildNative('addon');
});

beforeEach(() => {
  addonThere.value = true;
});

const wasmPages = 4;
const pageBytes = 4096;

class Fixture {
  readonly wasm: WebAssembly.Memory;
  readonly memory: KernelMemory;

  constructor(initial = wasmPages) {
    this.wasm = new WebAssembly.Memory({ initial, maximum: 8 });
    this.memory = new KernelMemory(this.wasm);
  }
}

/** Those beyond the first granule that the machine has given. */
function residentPages({ memory }: Fixture): number[] {
  const ranges = new Float64Array(64);
  const count = addon().residentRanges(memory.bytes, ranges);
  return Array.from({ length: count }, (_, index) => ({
    first: ranges[2 * index]! / pageBytes,
    pages: ranges[2 * index + 1]! / pageBytes,
  }))
    .flatMap(({ first, pages }) => Array.from({ length: pages }, (_, page) => first + page))
    .filter((page) => page >= 16);
}

const pieces: readonly Piece[] = [
  { address: 100, bytes: Uint8Array.of(1, 2, 3) },
  { address: 3 * pageBytes, bytes: new Uint8Array(2 * pageBytes).fill(7) },
];

/** Descriptors of the files that pages are in. */
function pageFiles(): number[] {
  const folder = '/proc/self/fd';
  const linkOf = (fd: string): string => {
    try {
      return readlinkSync(`${folder}/${fd}`);
    } catch {
      return '';
    }
  };
  return readdirSync(folder)
    .filter((fd) => linkOf(fd).includes('libos-pages'))
    .map(Number);
}

/** What a memory is that begins with the pieces. */
function expected(): Uint8Array {
  const all = new Uint8Array(wasmPages * 65_536);
  for (const { address, bytes } of pieces) all.set(bytes, address);
  return all;
}

describe('pages that memories share', () => {
  test('are there in each, and what one writes no other sees', () => {
    const pages = SharedPages.of(pieces)!;
    const [first, second] = [new Fixture(), new Fixture()];
    expect(pages.layOver(first.memory)).toBe(true);
    first.memory.bytes[101] = 9;
    first.memory.bytes[3 * pageBytes] = 0;
    expect(pages.layOver(second.memory)).toBe(true);
    expect(Buffer.compare(second.memory.bytes, expected())).toBe(0);
    expect([...first.memory.bytes.subarray(100, 103)]).toEqual([1, 9, 3]);
  });

  test('stay when the memory grows', () => {
    const { wasm, memory } = new Fixture();
    SharedPages.of(pieces)!.layOver(memory);
    memory.bytes[5] = 4;
    wasm.grow(3);
    const after = expected();
    after[5] = 4;
    expect(Buffer.compare(memory.bytes.subarray(0, after.length), after)).toBe(0);
    expect(memory.bytes.subarray(after.length).every((byte) => byte === 0)).toBe(true);
  });

  test('cannot be changed through their file', () => {
    const pages = SharedPages.of(pieces)!;
    const fds = pageFiles();
    expect(fds.length).toBeGreaterThan(0);
    for (const fd of fds) {
      expect(() => writeSync(fd, 'x', 0)).toThrow(/EPERM/);
      expect(() => ftruncateSync(fd, 0)).toThrow(/EPERM/);
    }
    expect(pages.layOver(new Fixture().memory)).toBe(true);
  });

  test('come to the second memory and those after it; the first has a copy', () => {
    const initial = new InitialPages(() => pieces);
    const mapped = (): number =>
      readFileSync('/proc/self/maps', 'utf8').split('libos-pages').length;
    const counts = [mapped()];
    const kept: Fixture[] = [];
    for (let round = 0; round < 3; round++) {
      const fixture = new Fixture();
      initial.fill(fixture.memory);
      kept.push(fixture);
      counts.push(mapped());
    }
    expect(counts.map((count) => count - counts[0]!)).toEqual([0, 0, 1, 2]);
    for (const { memory } of kept) expect(Buffer.compare(memory.bytes, expected())).toBe(0);
  });

  test('come with those that the first memory has changed, or touched beyond them', () => {
    const small: readonly Piece[] = [{ address: 0, bytes: Uint8Array.of(1) }];
    const initial = new InitialPages(() => small);
    const [first, second, other] = [new Fixture(), new Fixture(), new Fixture(5)];
    const touchedPage = 40;
    initial.fill(first.memory);
    first.memory.bytes[touchedPage * pageBytes] = 1;
    first.memory.bytes[touchedPage * pageBytes] = 0;
    const changedPage = 5;
    first.memory.bytes[changedPage * pageBytes] = 1;
    initial.learn(first.memory, first.memory.sizeBytes);
    for (const { memory } of [second, other]) initial.fill(memory);
    expect(residentPages(second)).toEqual([touchedPage]);
    // It is of another size: what lies where is not known.
    expect(residentPages(other)).toEqual([]);
    expect(second.memory.bytes.subarray(1).every((byte) => byte === 0)).toBe(true);
  });

  test('are copied where there is no addon', () => {
    addonThere.value = false;
    const initial = new InitialPages(() => pieces);
    for (let round = 0; round < 3; round++) {
      const { memory } = new Fixture();
      initial.fill(memory);
      expect(Buffer.compare(memory.bytes, expected())).toBe(0);
    }
  });
});

test('a thread that ends leaves no file behind', async () => {
  const program = `
    const { workerData } = require('node:worker_threads');
    const { pagesCreate } = require(workerData);
    for (let i = 0; i < 10; i++) globalThis['kept' + i] = pagesCreate();
  `;
  const before = pageFiles().length;
  const workers = Array.from(
    { length: 10 },
    () => new Worker(program, { eval: true, workerData: buildNative('addon') }),
  );
  await Promise.all(workers.map((worker) => once(worker, 'exit')));
  // Some of this thread's may have been collected meanwhile.
  expect(pageFiles().length).toBeLessThanOrEqual(before);
  // A process has sixty-four at a time, and those of the threads are back.
  expect(SharedPages.of(pieces)).toBeDefined();
});

test('kernels that share pages do what kernels with copies do, byte for byte', async () => {
  const bytes = await readKernel(locateKernel().wasmPath);
  const run = async (): Promise<Buffer[]> => {
    const kernel = await Kernel.load({ bytes });
    const outside = () => ({
      clock: new SimulatedClock(1e9),
      entropy: SeededEntropy.fromSeed('shared'),
    });
    const boots = Array.from({ length: 3 }, () => kernel.boot(outside()));
    const image = boots[0]!.snapshot();
    const clones = Array.from({ length: 3 }, () => kernel.clone(image, outside()));
    return [...boots, ...clones].map((instance) => {
      instance.timer();
      instance.processCreate(0, 0);
      return Buffer.from(instance.memory.bytes);
    });
  };
  addonThere.value = false;
  const copied = await run();
  addonThere.value = true;
  const shared = await run();
  expect(shared.map((bytes, index) => bytes.compare(copied[index]!))).toEqual([0, 0, 0, 0, 0, 0]);
  // All clones did the same.
  expect(shared[3]!.compare(shared[5]!)).toBe(0);
});
