// SPDX-License-Identifier: GPL-2.0-only

/** A stream socket with QEMU's framing as a wire: frames behind their lengths, without offloads. */
import { addon } from '../../addon/addon.js';
import type { Wire } from './pump.js';

/** Whole frames and the start of another: much more than a read of a socket gives. */
const bufferBytes = 256 << 10;
const lengthBytes = 4;
const frameBytesMin = 14;
const frameBytesMax = 65_568;
/** So many that a full buffer has no more: what is left in it would not be announced. */
const framesMax = Math.ceil(bufferBytes / (lengthBytes + frameBytesMin));

export class StreamWire implements Wire {
  readonly fd: number;
  readonly buffer = new Uint8Array(bufferBytes);
  readonly entries = new Uint32Array(2 * framesMax);
  readonly withHeader = false;
  readonly #addon = addon();
  /** Between these offsets of the buffer is what came of a frame that is not whole. */
  readonly #received = new Uint32Array(2);
  /** The rest of a frame that was begun, and where in it. */
  readonly #rest = new Uint8Array(lengthBytes + frameBytesMax);
  readonly #restEnds = new Uint32Array(2);

  /** It owns the descriptor. */
  constructor(fd: number) {
    this.fd = fd;
  }

  get unfinished(): boolean {
    return this.#restEnds[0]! < this.#restEnds[1]!;
  }

  send(
    memory: Uint8Array,
    base: number,
    frames: Float64Array,
    count: number,
    sent: Float64Array,
  ): number {
    return this.#addon.streamSend(
      this.fd,
      memory,
      base,
      frames,
      count,
      sent,
      this.#rest,
      this.#restEnds,
    );
  }

  receive(): number {
    const { fd, buffer, entries } = this;
    return this.#addon.streamReceive(fd, buffer, this.#received, entries, framesMax);
  }

  close(): void {
    this.#addon.close(this.fd);
  }
}
