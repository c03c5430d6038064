// SPDX-License-Identifier: GPL-2.0-only
/**
 * The two C data models that a kernel may have. Both are little-endian and align 64-bit fields to 8 bytes; they
 * differ in the width of `long`, `size_t` and pointers. Everything that encodes a C structure takes one.
 */
export interface DataModel {
  readonly name: 'ilp32' | 'lp64';
  /** Bytes of a `long`, a `size_t` and a pointer. */
  readonly wordBytes: 4 | 8;
}

/** The wasm32 kernel. */
export const ilp32: DataModel = { name: 'ilp32', wordBytes: 4 };
/** The native x86-64 form and its programs. */
export const lp64: DataModel = { name: 'lp64', wordBytes: 8 };
