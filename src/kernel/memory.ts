// SPDX-License-Identifier: GPL-2.0-only

/**
 * A kernel's memory, as views that are always good: growth detaches every view, so nobody keeps one across a call
 * into the kernel but asks here again. Addresses are those of the kernel, below 4 GiB; what lies at one is in the
 * views at the address minus `base`.
 */
const decoder = new TextDecoder();
const twoTo32 = 2 ** 32;

/** Where the memory is now: `WebAssembly.Memory` is one. */
export interface MemoryOwner {
  readonly buffer: ArrayBufferLike;
}

/** A kernel's memory, as views that are good until the next call into the kernel: growth detaches them. */
export class KernelMemory {
  /** The address of the first byte: 0 in wasm, whose code is the faster for it. */
  readonly base: number;
  readonly #owner: MemoryOwner;
  #bytes: Uint8Array = new Uint8Array(0);
  #u16: Uint16Array = new Uint16Array(0);
  #u32: Uint32Array = new Uint32Array(0);
  #view: DataView = new DataView(new ArrayBuffer(0));

  /** @internal */
  constructor(owner: MemoryOwner, base = 0) {
    this.#owner = owner;
    this.base = base;
    this.#refresh();
  }

  #refresh(): void {
    const { buffer } = this.#owner;
    this.#bytes = new Uint8Array(buffer);
    this.#u16 = new Uint16Array(buffer);
    this.#u32 = new Uint32Array(buffer);
    this.#view = new DataView(buffer);
  }

  /** All of the memory. */
  get bytes(): Uint8Array {
    if (this.#bytes.length === 0) this.#refresh();
    return this.#bytes;
  }

  /** The same in little-endian halfwords: index is (address - base) / 2. */
  get u16(): Uint16Array {
    if (this.#u16.length === 0) this.#refresh();
    return this.#u16;
  }

  /** The same in little-endian words: index is (address - base) / 4. */
  get u32(): Uint32Array {
    if (this.#u32.length === 0) this.#refresh();
    return this.#u32;
  }

  /** The same for unaligned and big-endian values. */
  get view(): DataView {
    // A detached DataView throws on byteLength: the array beside it tells.
    if (this.#bytes.length === 0) this.#refresh();
    return this.#view;
  }

  get sizeBytes(): number {
    return this.bytes.length;
  }

  /** A u64 as a number; exact below 2^53, all ones is Infinity. Context: 8-byte aligned. */
  readU64(address: number): number {
    const { u32 } = this;
    const at = (address - this.base) >>> 2;
    const low = u32[at]!;
    const high = u32[at + 1]!;
    return low === 0xffffffff && high === 0xffffffff ? Infinity : high * twoTo32 + low;
  }

  /** Context: 8-byte aligned; `value` a whole number below 2^53. */
  writeU64(address: number, value: number): void {
    const high = Math.floor(value / twoTo32);
    const { u32 } = this;
    const at = (address - this.base) >>> 2;
    u32[at] = value - high * twoTo32;
    u32[at + 1] = high;
  }

  /** UTF-8 at an address. */
  readText(address: number, lengthBytes: number): string {
    const at = (address >>> 0) - this.base;
    return decoder.decode(this.bytes.subarray(at, at + lengthBytes));
  }
}
