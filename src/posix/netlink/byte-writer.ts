// SPDX-License-Identifier: GPL-2.0-only
/** A byte buffer that grows as it is written, little-endian. Netlink encoders write into one. */
export class ByteWriter {
  // So small that V8 keeps it in its own heap: there is one for each attribute that has others in it.
  #buffer = new Uint8Array(64);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** 16 bits, in the machine’s order. */
  u16(value: number): void {
    this.#reserve(2);
    this.setU16(this.#length, value);
    this.#length += 2;
  }

  /** What has been written. */
  bytes(value: Uint8Array): void {
    this.#reserve(value.byteLength);
    this.#buffer.set(value, this.#length);
    this.#length += value.byteLength;
  }

  /** Overwrites two bytes that were written before. */
  setU16(at: number, value: number): void {
    this.#buffer[at] = value;
    this.#buffer[at + 1] = value >>> 8;
  }

  /** Overwrites 32 bits, in the machine’s order. */
  setU32(at: number, value: number): void {
    this.setU16(at, value);
    this.setU16(at + 2, value >>> 16);
  }

  /** Pads with zeros to a multiple of `alignment`. */
  align(alignment: number): void {
    const rest = this.#length % alignment;
    if (rest === 0) return;
    this.#reserve(alignment - rest);
    this.#buffer.fill(0, this.#length, this.#length + alignment - rest);
    this.#length += alignment - rest;
  }

  /** The bytes written, as a copy. */
  finish(): Uint8Array {
    return this.#buffer.slice(0, this.#length);
  }

  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#buffer.byteLength) return;
    const grown = new Uint8Array(Math.max(needed, this.#buffer.byteLength * 2));
    grown.set(this.#buffer.subarray(0, this.#length));
    this.#buffer = grown;
  }
}
