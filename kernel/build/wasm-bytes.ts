// SPDX-License-Identifier: GPL-2.0-only

/** Numbers and bytes as WebAssembly modules have them: what the readers and writers of modules share. */
import { LibosError } from '../../src/errors.js';

export class Reader {
  readonly #bytes: Uint8Array;
  readonly #file: string;
  #offset: number;

  constructor(bytes: Uint8Array, file: string, offset = 0) {
    this.#bytes = bytes;
    this.#file = file;
    this.#offset = offset;
  }

  get offset(): number {
    return this.#offset;
  }

  get atEnd(): boolean {
    return this.#offset === this.#bytes.length;
  }

  byte(): number {
    return this.bytes(1)[0]!;
  }

  bytes(length: number): Uint8Array {
    const end = this.#offset + length;
    if (end > this.#bytes.length) throw this.malformed('an end in the middle of a section');
    const slice = this.#bytes.subarray(this.#offset, end);
    this.#offset = end;
    return slice;
  }

  /** A copy of what has been read from `start` on. */
  since(start: number): Uint8Array {
    return this.#bytes.slice(start, this.#offset);
  }

  /** LEB128 of up to 32 bits. */
  unsigned(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw this.malformed('a number that is too long');
  }

  /** Reads over LEB128 of any length. */
  skipNumber(): void {
    while (this.byte() >= 0x80);
  }

  text(): string {
    return new TextDecoder().decode(this.bytes(this.unsigned()));
  }

  /** Reads limits and returns the lower one. */
  limits(): number {
    const flags = this.byte();
    const initial = this.unsigned();
    if (flags & 1) this.unsigned();
    return initial;
  }

  malformed(what: string): LibosError {
    return new LibosError(
      'ERR_LIBOS_KERNEL_FILE',
      `${this.#file} is a damaged WebAssembly module: it has ${what}`,
    );
  }
}

/** LEB128, of at least so many bytes. */
export function encodeUnsigned(value: number, leastBytes = 1): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  do {
    const low = rest % 128;
    rest = Math.floor(rest / 128);
    bytes.push(rest > 0 || bytes.length + 1 < leastBytes ? low | 0x80 : low);
  } while (rest > 0 || bytes.length < leastBytes);
  return Uint8Array.from(bytes);
}

export function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}
