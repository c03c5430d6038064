// SPDX-License-Identifier: GPL-2.0-only

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { namesPath, readKernel, readKernelSync } from './kernel-file.js';

const folder = mkdtempSync(join(tmpdir(), 'libos-kernel-file-'));
afterAll(() => rmSync(folder, { recursive: true }));

const header = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
/** Exports a function that traps; what it is called is said in the names. */
const module = Uint8Array.of(
  ...header,
  ...[1, 4, 1, 0x60, 0, 0],
  ...[3, 2, 1, 0],
  ...[7, 5, 1, 1, 0x66, 0, 0],
  ...[10, 5, 1, 3, 0, 0x00, 0x0b],
);
const names = Uint8Array.of(
  ...header,
  ...[0, 13, 4, ...Buffer.from('name'), 1, 6, 1, 0, 3, ...Buffer.from('udp')],
);

/** The stack of the trap in the module's only function. */
function stackOf(bytes: Uint8Array): string {
  const { exports } = new WebAssembly.Instance(
    new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>),
  );
  try {
    (exports['f'] as () => void)();
  } catch (error) {
    return (error as Error).stack ?? '';
  }
  return 'no trap';
}

test('a kernel without names is read as it is', async () => {
  const path = join(folder, 'bare.wasm');
  writeFileSync(path, module);
  expect(new Uint8Array(await readKernel(path))).toEqual(module);
  expect(new Uint8Array(readKernelSync(path))).toEqual(module);
});

test('names beside a kernel are in its stacks, at the same places', async () => {
  const path = join(folder, 'named.wasm');
  writeFileSync(path, module);
  writeFileSync(namesPath(path), names);
  const place = /wasm-function\[0\]:0x[0-9a-f]+/;
  for (const bytes of [await readKernel(path), readKernelSync(path)]) {
    expect(stackOf(bytes)).toMatch(/\budp \(wasm/);
    expect(place.exec(stackOf(bytes))?.[0]).toBe(place.exec(stackOf(module))?.[0]);
  }
});

test('what is there but no file is an error', async () => {
  const path = join(folder, 'odd.wasm');
  writeFileSync(path, module);
  await expect(readKernel(folder)).rejects.toThrow('EISDIR');
  expect(() => readKernelSync(join(folder, 'none.wasm'))).toThrow('ENOENT');
});
