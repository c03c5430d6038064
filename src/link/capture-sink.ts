// SPDX-License-Identifier: GPL-2.0-only

/** Where the bytes of a capture go: a file or memory. What was written last can be taken back, for snapshots. */
import { closeSync, ftruncateSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { LibosError } from '../errors.js';

/** Takes the bytes of a capture. */
export interface CaptureSink {
  /** Bytes written so far. */
  readonly lengthBytes: number;
  /** Context: `bytes` is not changed afterwards by the sink, and may be by the caller. */
  write(bytes: Uint8Array): void;
  /** Hands on what was gathered. */
  flush(): void;
  /** Forgets all that was written after the first `lengthBytes`. */
  truncate(lengthBytes: number): void;
  /** Flushes, and ends; closing again does nothing. */
  close(): void;
}

const bufferBytes = 2 ** 18;

/** Gathers small writes. */
export class FileSink implements CaptureSink {
  readonly path: string;
  readonly #buffer = new Uint8Array(bufferBytes);
  #file: number | undefined;
  #written = 0;
  #gathered = 0;

  /** Replaces the file if it is there, and makes its folder if that is not. */
  constructor(path: string) {
    this.path = path;
    try {
      mkdirSync(dirname(path), { recursive: true });
      this.#file = openSync(path, 'w');
    } catch (cause) {
      throw new LibosError('ERR_LIBOS_CAPTURE', `cannot write the capture ${path}`, {
        hint: 'its folder must exist or be one that can be made, and be writable',
        cause,
      });
    }
  }

  get lengthBytes(): number {
    return this.#written + this.#gathered;
  }

  write(bytes: Uint8Array): void {
    if (this.#gathered + bytes.length > bufferBytes) this.flush();
    if (bytes.length > bufferBytes) {
      this.#put(bytes);
      return;
    }
    this.#buffer.set(bytes, this.#gathered);
    this.#gathered += bytes.length;
  }

  flush(): void {
    const bytes = this.#buffer.subarray(0, this.#gathered);
    this.#gathered = 0;
    this.#put(bytes);
  }

  truncate(lengthBytes: number): void {
    this.flush();
    if (lengthBytes > this.#written) {
      throw new LibosError(
        'ERR_LIBOS_CAPTURE',
        `the capture ${this.path} has ${this.#written} bytes, and the snapshot wants ${lengthBytes} of it`,
        { hint: 'a snapshot is restored into the captures of its own simulation' },
      );
    }
    if (this.#file !== undefined) ftruncateSync(this.#file, lengthBytes);
    this.#written = lengthBytes;
  }

  close(): void {
    if (this.#file === undefined) return;
    this.flush();
    closeSync(this.#file);
    this.#file = undefined;
  }

  #put(bytes: Uint8Array): void {
    if (this.#file === undefined) return;
    for (let at = 0; at < bytes.length;) {
      // With a position, since truncating does not move the file's own.
      at += writeSync(this.#file, bytes, at, bytes.length - at, this.#written + at);
    }
    this.#written += bytes.length;
  }
}

/** Keeps everything. */
export class MemorySink implements CaptureSink {
  #buffer = new Uint8Array(2 ** 16);
  #length = 0;

  /** What was written: a copy. */
  get bytes(): Uint8Array {
    return this.#buffer.slice(0, this.#length);
  }

  get lengthBytes(): number {
    return this.#length;
  }

  write(bytes: Uint8Array): void {
    const end = this.#length + bytes.length;
    if (end > this.#buffer.length) {
      const larger = new Uint8Array(Math.max(end, this.#buffer.length * 2));
      larger.set(this.#buffer.subarray(0, this.#length));
      this.#buffer = larger;
    }
    this.#buffer.set(bytes, this.#length);
    this.#length = end;
  }

  flush(): void {
    // There is nothing between here and memory.
  }

  truncate(lengthBytes: number): void {
    if (lengthBytes > this.#length) throw new Error('capture: it is shorter than it was');
    this.#length = lengthBytes;
  }

  close(): void {
    // Its bytes stay.
  }
}
