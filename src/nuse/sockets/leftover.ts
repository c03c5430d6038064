// SPDX-License-Identifier: GPL-2.0-only

/** Bytes that have left the library and did not fit into a pair: kept in kernel memory until there is room. */
import { errno } from '../../posix/index.js';
import type { Library } from './library.js';
import type { Pair } from './pair.js';

export class Leftover {
  readonly #library: Library;
  #address = 0;
  #done = 0;
  #length = 0;

  constructor(library: Library) {
    this.#library = library;
  }

  get some(): boolean {
    return this.#length > 0;
  }

  keep(from: number, lengthBytes: number): void {
    this.#address = this.#library.allocate(lengthBytes);
    this.#library.copy(this.#address, from, lengthBytes);
    this.#done = 0;
    this.#length = lengthBytes;
  }

  /** Whether nothing is left: it is in the pair, or the program has closed its end. */
  send(pair: Pair): boolean {
    if (this.#length === 0) return true;
    const sent = pair.send(this.#address + this.#done, this.#length - this.#done);
    if (sent > 0) this.#done += sent;
    if (this.#done < this.#length && (sent > 0 || sent === -errno.EAGAIN)) return false;
    this.release();
    return true;
  }

  release(): void {
    if (this.#length > 0) this.#library.free(this.#address);
    this.#length = 0;
  }
}
