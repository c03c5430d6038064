// SPDX-License-Identifier: GPL-2.0-only

/** What is at an end of a link, as the link's directions use it: a host's NIC, or a port of a switch. */
import type { FrameOffloads, FrameSink, Nic } from '../host/index.js';
import type { FrameHandle, FramePool } from './frame-pool.js';
import { Port } from './port.js';

/** A frame to send is a number that only its attachment understands; one on its way is the pool's. */
export interface Attachment {
  /** Says who takes its frames, or that nobody does. */
  connect(sink: AttachmentSink | undefined): void;
  setCarrier(up: boolean): void;

  /** Whether a frame to send is still there: a crash takes its host's frames. */
  holds(frame: number): boolean;
  frameLength(frame: number): number;
  /** Whether it is one segment. */
  isWhole(frame: number): boolean;
  readOffloads(frame: number, offloads: FrameOffloads): void;
  read(
    frame: number,
    fromByte: number,
    target: Uint8Array,
    toByte: number,
    lengthBytes: number,
  ): void;
  /** The whole frame, offloads included, in the pool. */
  take(frame: number, lengthBytes: number): FrameHandle;
  /** The frame was taken or dropped. Not while its kernel is inside a call. */
  giveBack(frame: number): void;

  /** Hands over a frame, and the caller's hold of it; false: it was not taken, and is gone all the same. */
  deliver(frame: FrameHandle): boolean;
}

export interface AttachmentSink {
  /** Context: the sender's kernel may be inside a call, so all that may happen is a note for later. */
  accept(frame: number): void;
}

export function createAttachment(end: Nic | Port, pool: FramePool): Attachment {
  return end instanceof Port ? new PortAttachment(end, pool) : new NicAttachment(end, pool);
}

export class NicAttachment implements Attachment, FrameSink {
  readonly nic: Nic;
  readonly #pool: FramePool;
  readonly #offloads = createOffloads();
  #sink: AttachmentSink | undefined;

  constructor(nic: Nic, pool: FramePool) {
    this.nic = nic;
    this.#pool = pool;
  }

  connect(sink: AttachmentSink | undefined): void {
    this.#sink = sink;
    this.nic.connect(sink ? this : undefined);
  }

  setCarrier(up: boolean): void {
    this.nic.setCarrier(up);
  }

  transmit(_nic: Nic, frame: number): void {
    this.#sink?.accept(frame);
  }

  holds(frame: number): boolean {
    return this.nic.holds(frame);
  }

  frameLength(frame: number): number {
    return this.nic.frameLength(frame);
  }

  isWhole(frame: number): boolean {
    return this.nic.isWhole(frame);
  }

  readOffloads(frame: number, offloads: FrameOffloads): void {
    this.nic.readOffloads(frame, offloads);
  }

  read(
    frame: number,
    fromByte: number,
    target: Uint8Array,
    toByte: number,
    lengthBytes: number,
  ): void {
    this.nic.read(frame, fromByte, target, toByte, lengthBytes);
  }

  take(frame: number, lengthBytes: number): FrameHandle {
    const pool = this.#pool;
    const taken = pool.allocate(lengthBytes);
    this.nic.read(frame, 0, pool.bytes, pool.offsetOf(taken), lengthBytes);
    if (!this.nic.isPlain(frame)) {
      this.nic.readOffloads(frame, this.#offloads);
      pool.writeOffloads(taken, this.#offloads);
    }
    return taken;
  }

  giveBack(frame: number): void {
    this.nic.transmitted(frame);
  }

  deliver(frame: FrameHandle): boolean {
    const pool = this.#pool;
    const length = pool.lengthOf(frame);
    const received = this.nic.allocate(length);
    if (received !== 0) {
      this.nic.write(received, pool.wholeView(frame), 0, length);
      if (!pool.isPlain(frame)) {
        pool.readOffloads(frame, this.#offloads);
        this.nic.writeOffloads(received, this.#offloads);
      }
      this.nic.receive(received);
    }
    pool.release(frame);
    return received !== 0;
  }
}

/** Frames of a port are the pool's already. */
class PortAttachment implements Attachment {
  readonly #port: Port;
  readonly #pool: FramePool;

  constructor(port: Port, pool: FramePool) {
    this.#port = port;
    this.#pool = pool;
  }

  connect(sink: AttachmentSink | undefined): void {
    this.#port.connect(sink);
  }

  setCarrier(up: boolean): void {
    this.#port.setCarrier(up);
  }

  holds(): boolean {
    return true;
  }

  frameLength(frame: number): number {
    return this.#pool.lengthOf(frame);
  }

  isWhole(frame: number): boolean {
    return this.#pool.gsoSizeOf(frame) === 0;
  }

  readOffloads(frame: number, offloads: FrameOffloads): void {
    this.#pool.readOffloads(frame, offloads);
  }

  read(
    frame: number,
    fromByte: number,
    target: Uint8Array,
    toByte: number,
    lengthBytes: number,
  ): void {
    const from = this.#pool.offsetOf(frame) + fromByte;
    target.set(this.#pool.bytes.subarray(from, from + lengthBytes), toByte);
  }

  take(frame: number): FrameHandle {
    this.#pool.retain(frame);
    return frame;
  }

  giveBack(frame: number): void {
    this.#pool.release(frame);
  }

  deliver(frame: FrameHandle): boolean {
    return this.#port.receive(frame);
  }
}

export function createOffloads(): FrameOffloads {
  return { csumStart: 0, csumOffset: 0, gsoSize: 0, headerLength: 0, gsoType: 0, flags: 0 };
}
