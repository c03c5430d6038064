// SPDX-License-Identifier: GPL-2.0-only

import { expect, test } from 'vitest';
import { tinyKernel, tinyShared, tinyText } from '../../test/helpers/tiny-kernel.js';
import { ABI_VERSION } from './abi.generated.js';
import { Kernel } from './kernel.js';
import { takeData } from './module-parts.js';

const outside = { clock: { nowNs: 0 }, entropy: { fill: () => undefined } };
const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

const header = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
/** A module with data, and a start that writes into its memory. */
const module = [
  ...[...header, 1, 4, 1, 0x60, 0, 0],
  ...[2, 8, 1, 1, 0x65, 1, 0x6d, 2, 0, 1],
  ...[3, 2, 1, 0],
  ...[8, 1, 0],
  // i32.store8 of 7 at 3
  ...[10, 11, 1, 9, 0, 0x41, 3, 0x41, 7, 0x3a, 0, 0, 0x0b],
  ...[11, 9, 1, 0, 0x41, 200, 1, 0x0b, 2, 5, 6],
];

function memoryOf(bytes: number[] | Uint8Array): Uint8Array {
  const memory = new WebAssembly.Memory({ initial: 1 });
  new WebAssembly.Instance(new WebAssembly.Module(Uint8Array.from(bytes)), { e: { m: memory } });
  return new Uint8Array(memory.buffer);
}

test('without its data a module leaves a new memory as it is', () => {
  const whole = memoryOf(module);
  expect([...whole.subarray(200, 202), whole[3]]).toEqual([5, 6, 7]);
  const bytes = Uint8Array.from(module);
  const data = takeData(bytes);
  expect(data).toEqual([{ address: 200, bytes: Uint8Array.of(5, 6) }]);
  expect(memoryOf(bytes).every((byte) => byte === 0)).toBe(true);
});

test('all else stays where it is', () => {
  const bytes = tinyKernel();
  const before = bytes.slice();
  expect(takeData(bytes).map(({ address }) => address)).toEqual([64, tinyShared]);
  const changed = [...bytes.keys()].filter((at) => bytes[at] !== before[at]);
  // The kind of one section, and the length of its name.
  expect(changed).toHaveLength(2);
});

test('of bytes that end too early nothing is taken', () => {
  const dataBytes = 11;
  for (const missing of [1, dataBytes, dataBytes + 1, module.length - header.length - 1]) {
    const bytes = Uint8Array.from(module.slice(0, -missing));
    expect(takeData(bytes)).toEqual([]);
  }
  expect(takeData(Uint8Array.of())).toEqual([]);
});

test('a boot has the data, and a clone has it from the image', async () => {
  const given = tinyKernel();
  const before = given.slice();
  const kernel = await Kernel.load({ bytes: given });
  expect(given).toEqual(before);
  const booted = kernel.boot({ ...outside, memoryMax: '4 MiB' });
  expect(booted.abiVersion).toBe(ABI_VERSION);
  booted.memory.bytes.fill(0, tinyShared, tinyShared + 1);
  const clone = kernel.clone(booted.snapshot(), { ...outside, reseed: false });
  expect(clone.abiVersion).toBe(0);
  expect(textOf(clone.memory.bytes.subarray(64, 64 + tinyText.length))).toBe(tinyText);
});
