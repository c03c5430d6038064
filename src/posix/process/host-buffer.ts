// SPDX-License-Identifier: GPL-2.0-only
/**
 * Memory of a host that a program keeps its data in. Linux reads and writes it in place, as it does a native
 * program’s, where a buffer of JavaScript is copied into the host’s memory and out of it at each call.
 */
import type { KernelPort } from '../kernel-port.js';

/** Memory of a host that a program keeps its data in: calls take it without a copy. What `process.allocate` gives. */
export class HostBuffer {
  readonly byteLength: number;
  /** Whoever keeps it to free it is told that this has been done. */
  onFree: () => void = () => undefined;
  readonly #port: KernelPort;
  readonly #address: number;
  readonly #owner: HostBuffer | undefined;
  #freed = false;

  /** Made by `Process.allocate`. */
  constructor(port: KernelPort, address: number, byteLength: number, owner?: HostBuffer) {
    this.#port = port;
    this.#address = address;
    this.byteLength = byteLength;
    this.#owner = owner;
  }

  /** The bytes as they are now. Ask again after each call on the host: growth of its memory detaches older views. */
  get bytes(): Uint8Array {
    const { bytes, base } = this.#port.memory;
    const from = this.addressFor(this.#port) - base;
    return bytes.subarray(from, from + this.byteLength);
  }

  /** The same memory from `begin` to `end`, both within it; it lives as long as the whole. */
  subarray(begin = 0, end = this.byteLength): HostBuffer {
    if (!(begin >= 0 && begin <= end && end <= this.byteLength)) {
      throw new RangeError(`a buffer of ${this.byteLength} bytes has no piece ${begin} to ${end}`);
    }
    return new HostBuffer(this.#port, this.#address + begin, end - begin, this.#owner ?? this);
  }

  /** Gives the memory back; the end of its process does so too. */
  free(): void {
    if (this.#owner) throw new TypeError('a piece of a buffer is freed with the whole');
    if (this.#freed) return;
    this.#freed = true;
    this.onFree();
    if (this.#port.death === undefined) this.#port.free(this.#address);
  }

  /** Gives the memory back. */
  [Symbol.dispose](): void {
    this.free();
  }

  /** For calls: where it lies, for the kernel that it lies in. */
  addressFor(port: KernelPort): number {
    if (port.memory !== this.#port.memory) throw new TypeError('the buffer is of another host');
    if ((this.#owner ?? this).#freed) throw new TypeError('the buffer has been freed');
    return this.#address;
  }
}
