// SPDX-License-Identifier: GPL-2.0-only

/**
 * Takes a kernel's data out of its module. V8 fills each new instance with it, and first clears what has none, which
 * a new memory is already; a clone gets all pages from its image instead, so only a boot needs the data. Sections
 * keep their place: they only become such as nobody reads, so that addresses in stacks stay those of the file.
 */
import type { Piece } from './shared-pages.js';

const headerBytes = 8;
const customSection = 0;
/** The call that clears memory. */
const startSection = 8;
const dataSection = 11;

/**
 * What is to be in its memory before the kernel boots. Changes the bytes of the module. Context: its memory is
 * imported, and new; what is no module V8 will tell of.
 */
export function takeData(bytes: Uint8Array): readonly Piece[] {
  let data: readonly Piece[] = [];
  const reader = new SectionReader(bytes, headerBytes);
  while (reader.at < bytes.length) {
    const start = reader.at;
    const id = reader.byte();
    const length = reader.unsigned();
    const content = reader.at;
    if (!(content + length <= bytes.length)) break;
    if (length > 0 && (id === startSection || id === dataSection)) {
      if (id === dataSection) data = readSegments(reader);
      bytes[start] = customSection;
      // The length of its name: it has none.
      bytes[content] = 0;
    }
    reader.at = content + length;
  }
  return data;
}

/** Active segments at constant addresses, as a linked program has them. */
function readSegments(reader: SectionReader): Piece[] {
  const segments: Piece[] = [];
  for (let left = reader.unsigned(); left > 0; left--) {
    // The memory's number, i32.const, the address, end.
    reader.at += 2;
    const address = reader.unsigned();
    reader.at += 1;
    segments.push({ address, bytes: reader.bytes(reader.unsigned()) });
  }
  return segments;
}

class SectionReader {
  readonly #bytes: Uint8Array;
  at: number;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.at = at;
  }

  byte(): number {
    return this.#bytes[this.at++] ?? NaN;
  }

  /** LEB128; of an address that is signed, as i32.const has it, the low bits are the same. */
  unsigned(): number {
    let value = 0;
    let factor = 1;
    for (;;) {
      const byte = this.byte();
      value += (byte & 0x7f) * factor;
      if (!(byte >= 0x80)) return Number.isNaN(byte) ? NaN : value;
      factor *= 128;
    }
  }

  /** A copy. */
  bytes(length: number): Uint8Array {
    return new Uint8Array(this.#bytes.subarray(this.at, (this.at += length)));
  }
}
