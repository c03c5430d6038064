// SPDX-License-Identifier: GPL-2.0-only
/**
 * Memory inside the kernel for the arguments of one system call at a time. A call begins with `reset`, takes
 * what it needs and never keeps an address: calls run to completion, so one arena serves a whole host.
 */
import { errno, SystemError } from '../errno.js';
import type { ArgumentArena, KernelPort } from '../kernel-port.js';

const firstChunkBytes = 16 * 1024;
/** The largest piece of a kernel’s memory: what its page allocator has. */
export const pieceBytesMax = 4 * 1024 * 1024;

/** Between calls. */
export interface ArenaState {
  readonly chunk: number;
  readonly chunkBytes: number;
  readonly outgrown: readonly number[];
}

export class Arena implements ArgumentArena {
  readonly #port: KernelPort;
  #chunk = 0;
  #chunkBytes = 0;
  #used = 0;
  /** Chunks that the current call outgrew; its earlier addresses lie in them. */
  #outgrown: number[] = [];

  constructor(port: KernelPort) {
    this.#port = port;
    port.useArena?.(this);
  }

  get address(): number {
    return this.#chunk;
  }

  get usedBytes(): number {
    return this.#used;
  }

  reset(): void {
    this.#used = 0;
    if (this.#outgrown.length !== 0) {
      for (const chunk of this.#outgrown) this.#port.free(chunk);
      this.#outgrown = [];
    }
  }

  /** Uninitialised memory, 16-byte aligned; valid until the next reset. */
  take(sizeBytes: number): number {
    const start = (this.#used + 15) & ~15;
    if (start + sizeBytes > this.#chunkBytes) return this.#grow(sizeBytes);
    this.#used = start + sizeBytes;
    return this.#chunk + start;
  }

  /** A copy of `bytes`. */
  put(bytes: Uint8Array): number {
    const address = this.take(bytes.byteLength);
    const { memory } = this.#port;
    memory.bytes.set(bytes, address - memory.base);
    return address;
  }

  /** A NUL-terminated string. A NUL inside would cut it, so that is a TypeError. */
  putText(text: string): number {
    if (text.includes('\0')) throw new TypeError('a path or name cannot contain a NUL character');
    const encoded = utf8.encode(text);
    const address = this.take(encoded.byteLength + 1);
    const { bytes, base } = this.#port.memory;
    bytes.set(encoded, address - base);
    bytes[address - base + encoded.byteLength] = 0;
    return address;
  }

  zero(address: number, sizeBytes: number): void {
    const { bytes, base } = this.#port.memory;
    bytes.fill(0, address - base, address - base + sizeBytes);
  }

  saveState(): ArenaState {
    return { chunk: this.#chunk, chunkBytes: this.#chunkBytes, outgrown: [...this.#outgrown] };
  }

  restoreState({ chunk, chunkBytes, outgrown }: ArenaState): void {
    this.#chunk = chunk;
    this.#chunkBytes = chunkBytes;
    this.#outgrown = [...outgrown];
    this.#used = 0;
  }

  /** Gives everything back. */
  release(): void {
    this.reset();
    if (this.#chunk !== 0) this.#port.free(this.#chunk);
    this.#chunk = 0;
    this.#chunkBytes = 0;
  }

  #grow(sizeBytes: number): number {
    if (sizeBytes > pieceBytesMax) {
      throw new SystemError(errno.ENOMEM, 'alloc', {
        detail: `one call passes at most ${pieceBytesMax} bytes, not ${sizeBytes}`,
      });
    }
    const doubled = Math.min(this.#chunkBytes * 2, pieceBytesMax);
    const wanted = Math.max(firstChunkBytes, sizeBytes, doubled);
    const chunk = this.#port.alloc(wanted);
    if (chunk === 0) throw new SystemError(errno.ENOMEM, 'alloc');
    if (this.#chunk !== 0) this.#outgrown.push(this.#chunk);
    this.#chunk = chunk;
    this.#chunkBytes = wanted;
    this.#used = sizeBytes;
    return chunk;
  }
}

const utf8 = new TextEncoder();
