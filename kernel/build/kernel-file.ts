// SPDX-License-Identifier: GPL-2.0-only

/**
 * A kernel as it lies on disk: `kernel.wasm`, and beside it `kernel.names.wasm`, a module of a name section and nothing
 * else. Whoever downloads kernels needs only the first; with the second its functions have names in stacks and
 * profiles (WebAssembly core specification, appendix "Custom Sections": a name section may stand last).
 */
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { isErrno } from './cache.js';

const moduleHeaderBytes = 8;

/** Where the names of a kernel's functions are, if they are there. */
export function namesPath(kernelPath: string): string {
  return `${kernelPath.replace(/\.wasm$/, '')}.names.wasm`;
}

/** The kernel's bytes, those of the names at their end. */
export async function readKernel(path: string): Promise<Uint8Array> {
  const [kernel, names] = await Promise.all([
    readFile(path),
    readFile(namesPath(path)).catch(noNames),
  ]);
  return joined(kernel, names);
}

/** As `readKernel`, before it returns. */
export function readKernelSync(path: string): Uint8Array {
  const kernel = readFileSync(path);
  let names: Uint8Array;
  try {
    names = readFileSync(namesPath(path));
  } catch (error) {
    names = noNames(error);
  }
  return joined(kernel, names);
}

function noNames(error: unknown): Uint8Array {
  if (isErrno(error, 'ENOENT')) return new Uint8Array();
  throw error;
}

function joined(kernel: Uint8Array, names: Uint8Array): Uint8Array {
  const sections = names.subarray(moduleHeaderBytes);
  const bytes = new Uint8Array(kernel.length + sections.length);
  bytes.set(kernel);
  bytes.set(sections, kernel.length);
  return bytes;
}
