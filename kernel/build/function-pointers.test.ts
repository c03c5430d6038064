// SPDX-License-Identifier: GPL-2.0-only

import { expect, test } from 'vitest';
import { withFunctionPointers, withoutLinking } from './function-pointers.js';
import { readModule } from './wasm-module.js';

const text = (value: string): number[] => [value.length, ...new TextEncoder().encode(value)];
const section = (id: number, content: readonly number[]): number[] => [
  id,
  content.length,
  ...content,
];
const padded = (low: number): number[] => [0x80 | low, 0x80, 0x80, 0x80, 0x00];
const word = (value: number): number[] => [value & 0xff, value >>> 8, 0, 0];

/** A function that returns a pointer; a pointer, null and an address in data. */
const code = [1, 8, 0, 0x41, ...padded(5), 0x0b];
const data = [1, 0, 0x41, 0, 0x0b, 12, ...word(6), ...word(0), ...word(5)];
const codeRelocations = [...text('reloc.CODE'), 0, 1, ...[1, 4, 0]];
const dataRelocations = [
  ...[...text('reloc.DATA'), 1, 3],
  ...[...[2, 6, 0], ...[2, 10, 0]],
  // An address of memory, with an addend.
  ...[5, 14, 0, 0x7f],
];

function module(...custom: (readonly number[])[]): ReturnType<typeof readModule> {
  const bytes = [
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(10, code),
    ...section(11, data),
    ...custom.flatMap((content) => section(0, content)),
  ];
  return readModule(Uint8Array.from(bytes), 'a.wasm');
}

test('pointers in code and data get their new values, addresses and null stay', () => {
  const before = module(codeRelocations, dataRelocations, [...text('linking'), 2]);
  const renumbered = new Map([
    [5, 300],
    [6, 5],
  ]);
  const after = withFunctionPointers(before, renumbered, 'a.wasm');
  expect([...after[0]!.content]).toEqual([1, 8, 0, 0x41, 0xac, 0x82, 0x80, 0x80, 0x00, 0x0b]);
  expect([...after[1]!.content]).toEqual([...data.slice(0, 6), ...word(5), ...word(0), ...word(5)]);
  expect([...before[0]!.content]).toEqual(code);
  expect(withoutLinking(after).map(({ id }) => id)).toEqual([10, 11]);
});

test('debugging information is left alone', () => {
  const debug = [...text('.debug_info'), 1, 2, 3, 4];
  const sections = module(codeRelocations, debug, [...text('reloc..debug_info'), 3, 1, 2, 0, 0]);
  const after = withFunctionPointers(sections, new Map([[5, 5]]), 'a.wasm');
  expect([...after[3]!.content]).toEqual(debug);
});

test.each([
  ['no word of where pointers are', [], /no word of where function pointers are/],
  ['a pointer to no function', [codeRelocations], /a pointer 5 to no function/],
  [
    'a pointer of another memory model',
    [[...text('reloc.CODE'), 0, 1, 12, 4, 0]],
    /a pointer of kind 12/,
  ],
  ['a section that is not there', [[...text('reloc.CODE'), 9, 0]], /a section that it lacks/],
])('%s is an error', (_, custom, message) => {
  expect(() => withFunctionPointers(module(...custom), new Map(), 'a.wasm')).toThrow(message);
});
