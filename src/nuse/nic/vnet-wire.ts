// SPDX-License-Identifier: GPL-2.0-only

/** Wires whose frames have a virtio_net_hdr: segmentation and checksums stay undone on the way. */
import { addon } from '../../addon/addon.js';
import { receiveBuffers, type Wire } from './pump.js';

/** Reads a TAP interface, or a packet socket. */
export class VnetWire implements Wire {
  readonly fd: number;
  readonly buffer: Uint8Array;
  readonly entries: Uint32Array;
  readonly withHeader = true;
  readonly unfinished = false;
  readonly #addon = addon();
  readonly #receive: 'tapReceive' | 'packetReceive';

  /** It owns the descriptor, which must not block. */
  constructor(fd: number, receive: 'tapReceive' | 'packetReceive') {
    this.fd = fd;
    this.#receive = receive;
    ({ buffer: this.buffer, entries: this.entries } = receiveBuffers());
  }

  send(
    memory: Uint8Array,
    base: number,
    frames: Float64Array,
    count: number,
    sent: Float64Array,
  ): number {
    return this.#addon.tapSend(this.fd, memory, base, frames, count, sent);
  }

  receive(): number {
    const { fd, buffer, entries } = this;
    return this.#addon[this.#receive](fd, buffer, entries, entries.length / 2);
  }

  close(): void {
    this.#addon.close(this.fd);
  }
}
