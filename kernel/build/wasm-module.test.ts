// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from 'vitest';
import {
  readInterface,
  readModule,
  withCustomSection,
  withoutDebugging,
  writeModule,
} from './wasm-module.js';

const text = (value: string): number[] => [value.length, ...new TextEncoder().encode(value)];
const section = (id: number, content: readonly number[]): number[] => [
  id,
  content.length,
  ...content,
];

/** Imports a function, a table, a global and a memory of 17 pages; exports the function. */
const module = Uint8Array.from([
  ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
  ...section(1, [1, 0x60, 0, 0]),
  ...section(2, [
    4,
    ...[...text('libos'), ...text('log'), 0, 0],
    ...[...text('env'), ...text('table'), 1, 0x70, 1, 1, 2],
    ...[...text('env'), ...text('base'), 3, 0x7f, 0],
    ...[...text('env'), ...text('memory'), 2, 0, 17],
  ]),
  ...section(7, [1, ...text('lib_log'), 0, 0]),
  ...section(0, [...text('.debug_info'), 1, 2, 3]),
  ...section(0, [...text('name'), 4, 5]),
]);

test('a module is the same after it was taken apart', () => {
  expect(writeModule(readModule(module, 'a.wasm'))).toEqual(module);
});

test('its interface is readable', () => {
  expect(readInterface(readModule(module, 'a.wasm'), 'a.wasm')).toEqual({
    imports: ['libos.log', 'env.table', 'env.base', 'env.memory'],
    exports: ['lib_log'],
    memoryInitialPages: 17,
  });
});

test('debugging information goes, function names stay', () => {
  const names = withoutDebugging(readModule(module, 'a.wasm')).map(({ name }) => name);
  expect(names).toEqual([undefined, undefined, undefined, 'name']);
});

test('a custom section is readable as WebAssembly says, and replaces one of its name', async () => {
  const payload = (value: string): Uint8Array => new TextEncoder().encode(value);
  // Longer than 127 bytes, so that the size takes more than one byte.
  const long = 'x'.repeat(20_000);
  const once = withCustomSection(readModule(module, 'a.wasm'), 'libos', payload('old'));
  const bytes = writeModule(withCustomSection(once, 'libos', payload(long)));
  const sections = WebAssembly.Module.customSections(
    await WebAssembly.compile(bytes as Uint8Array<ArrayBuffer>),
    'libos',
  );
  expect(sections.map((each) => new TextDecoder().decode(each))).toEqual([long]);
});

describe('a file that is no module', () => {
  test('is named', () => {
    expect(() => readModule(Uint8Array.of(0x7f, 0x45, 0x4c, 0x46), 'vmlinux')).toThrow(
      'vmlinux is not a WebAssembly module',
    );
  });

  test.each([9, 12, 40, module.length - 1])('is named when it is cut off at byte %d', (length) => {
    expect(() => readModule(module.slice(0, length), 'a.wasm')).toThrow(
      'a.wasm is a damaged WebAssembly module',
    );
  });
});
