// SPDX-License-Identifier: GPL-2.0-only

import { expect, test } from 'vitest';
import { withoutFunctionTable } from './dispatchers.js';
import { encodeUnsigned } from './wasm-bytes.js';
import { readModule, writeModule } from './wasm-module.js';

const text = (value: string): number[] => [value.length, ...new TextEncoder().encode(value)];
const leb = (value: number): number[] => [...encodeUnsigned(value)];
const section = (id: number, content: readonly number[]): number[] => [
  id,
  ...leb(content.length),
  ...content,
];
const body = (code: readonly number[]): number[] => [...leb(code.length), ...code];
/** `i32.const` of a number below 8192. */
const i32Const = (value: number): number[] => [0x41, 0x80 | (value & 0x7f), value >>> 7];
const firstPointer = 70;
/** What wasm-ld leaves of a call: numbers that it could have changed, five bytes each. */
const callIndirect = [0x11, 0x80, 0x80, 0x80, 0x80, 0x00, 0x80, 0x80, 0x80, 0x80, 0x00];

/** `call(pointer)` calls one of the functions without arguments that return these; the table holds itself as well. */
function module(
  code: readonly number[] = callIndirect,
  results: readonly number[] = [42, 7],
): Uint8Array {
  const entries = Array.from({ length: results.length + 1 }, (_, index) => index);
  const size = entries.length;
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [2, 0x60, 0, 1, 0x7f, 0x60, 1, 0x7f, 1, 0x7f]),
    ...section(2, [1, ...text('env'), ...text('memory'), 2, 0, 1]),
    ...section(3, [...leb(size), ...results.map(() => 0), 1]),
    ...section(4, [1, 0x70, 0, ...leb(firstPointer + size)]),
    ...section(7, [2, ...text('call'), 0, ...leb(results.length), ...text('table'), 1, 0]),
    ...section(9, [1, 0, ...i32Const(firstPointer), 0x0b, ...leb(size), ...entries.flatMap(leb)]),
    ...section(10, [
      ...leb(size),
      ...results.flatMap((result) => body([0, ...i32Const(result), 0x0b])),
      ...body([0, 0x20, 0, ...code, 0x0b]),
    ]),
    ...section(0, [...text('reloc.CODE'), 6, 0]),
    ...section(0, [...text('name'), 1, 7, 1, 0, ...text('zero')]),
  ]);
}

interface Exports {
  readonly call: (pointer: number) => number;
}

function instantiate(bytes: Uint8Array): Record<string, unknown> & Exports {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const compiled = new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>);
  const { exports } = new WebAssembly.Instance(compiled, { env: { memory } });
  return exports as Record<string, unknown> & Exports;
}

test('calls through pointers go on as before, and the table is gone', () => {
  const before = readModule(module(), 'a.wasm');
  const after = withoutFunctionTable(before, 'a.wasm');
  const exports = instantiate(writeModule(after));
  expect(Object.keys(exports)).toEqual(['call']);
  expect(exports.call(firstPointer)).toBe(42);
  expect(exports.call(firstPointer + 1)).toBe(7);
  for (const pointer of [firstPointer + 2, firstPointer + 3, firstPointer - 1, 0, -1]) {
    expect(() => exports.call(pointer)).toThrow(WebAssembly.RuntimeError);
  }
});

test('one of many functions is reached through a group of them', () => {
  const results = Array.from({ length: 203 }, (_, index) => 7 * index);
  const after = withoutFunctionTable(readModule(module(callIndirect, results), 'a.wasm'), 'a.wasm');
  const { call } = instantiate(writeModule(after));
  expect(results.map((_, index) => call(firstPointer + index))).toEqual(results);
  for (const pointer of [
    firstPointer + results.length,
    firstPointer + 224,
    firstPointer - 1,
    0,
    -1,
  ]) {
    expect(() => call(pointer)).toThrow(WebAssembly.RuntimeError);
  }
  const names = new TextDecoder().decode(after.find(({ name }) => name === 'name')!.content);
  expect(names.match(/call_indirect__i_group/g)).toHaveLength(7);
});

test('code keeps its place and its length, and a dispatcher is named by its signature', () => {
  const codeOf = (sections: ReturnType<typeof readModule>): Uint8Array =>
    sections.find(({ id }) => id === 10)!.content;
  const before = readModule(module(), 'a.wasm');
  const after = withoutFunctionTable(before, 'a.wasm');
  const code = codeOf(after).slice(1, codeOf(before).length);
  expect(code.length).toBe(codeOf(before).length - 1);
  // call of function 3, and nothing for the rest of the old instruction
  expect([...code]).toEqual([
    ...[...codeOf(before).slice(1, -callIndirect.length - 1), 0x10, 3],
    ...Array<number>(callIndirect.length - 2).fill(0x01),
    0x0b,
  ]);
  const names = new TextDecoder().decode(after.find(({ name }) => name === 'name')!.content);
  expect(names).toContain('call_indirect__i');
});

test('a module without a table stays as it is', () => {
  const plain = readModule(module(), 'a.wasm').filter(({ id }) => id !== 9);
  expect(withoutFunctionTable(plain, 'a.wasm')).toEqual(plain);
});

test('an instruction that nobody expects is named', () => {
  expect(() => withoutFunctionTable(readModule(module([0x25, 0]), 'a.wasm'), 'a.wasm')).toThrow(
    /a\.wasm .*0x25/,
  );
});
