// SPDX-License-Identifier: GPL-2.0-only

/**
 * Moves frames between a HostNic and a descriptor of the machine, in batches: what the kernel sends is written
 * straight from its memory once its call is over, what comes is copied into its buffers before it runs. When the
 * machine has no room, frames stay where they are, in the kernel, whose queues then do what they do behind any
 * busy device.
 */
import type { FrameSink, HostNic, TargetId, Timed } from '../../host/index.js';
import { addon } from '../../addon/addon.js';
import { EPOLLIN, EPOLLOUT, type Watch } from '../../native/reactor.js';
import { errnoCode } from '../../posix/index.js';
import type { NicCounters, NicEnvironment } from './backend.js';

/** A descriptor that takes and gives frames. Results below 0 are -errno: it is of no use any more. */
export interface Wire {
  readonly fd: number;
  /** Where `receive` puts frames. */
  readonly buffer: Uint8Array;
  /** Offset and length of each. */
  readonly entries: Uint32Array;
  /** Whether a virtio_net_hdr is right before each. */
  readonly withHeader: boolean;
  /** How many of the frames at the start of `frames` are done with; see binding/frames.ts. */
  send(
    memory: Uint8Array,
    base: number,
    frames: Float64Array,
    count: number,
    sent: Float64Array,
  ): number;
  /** Whether it keeps part of a frame that is done with: `send` is called again when there is room. */
  readonly unfinished: boolean;
  /** How many frames are in the buffer now; all of them once the descriptor is not readable any more. */
  receive(): number;
  close(): void;
}

export interface PumpOptions {
  /** For the log, e.g. "tap:libos0". */
  readonly label: string;
  readonly environment: NicEnvironment;
  /** The wire has been closed, since it is of no use: what it said last, e.g. "EPIPE". */
  readonly onBroken: (why: string) => void;
}

/** Indices of `sent`. */
const [frames, bytes, dropped, lastError] = [0, 1, 2, 3];

export class NicPump implements FrameSink, Timed {
  readonly #options: PumpOptions;
  readonly #target: TargetId;
  readonly #addon = addon();
  readonly #sent = new Float64Array(4);
  /** Addresses of frames in the kernel. */
  #queue = new Float64Array(256);
  #queued = 0;
  #handleMinusAddress = 0;
  #flushing = false;
  #nic: HostNic | undefined;
  #wire: Wire | undefined;
  #watch: Watch | undefined;
  #receivedFrames = 0;
  #receivedBytes = 0;
  #receivedDropped = 0;
  #sendWaits = 0;
  #loggedError = 0;

  constructor(options: PumpOptions) {
    this.#options = options;
    this.#target = options.environment.scheduler.register(this);
  }

  get counters(): NicCounters {
    const sent = this.#sent;
    return {
      sentFrames: sent[frames]!,
      sentBytes: sent[bytes]!,
      sentDropped: sent[dropped]!,
      receivedFrames: this.#receivedFrames,
      receivedBytes: this.#receivedBytes,
      receivedDropped: this.#receivedDropped,
      sendWaits: this.#sendWaits,
    };
  }

  get attached(): boolean {
    return this.#wire !== undefined;
  }

  /** Whose frames it moves, once there is a wire. */
  start(nic: HostNic): void {
    this.#nic = nic;
    nic.connect(this);
    if (this.#wire) this.#begin();
  }

  /** The carrier comes. Context: there is no wire. */
  attach(wire: Wire): void {
    this.#wire = wire;
    if (this.#nic) this.#begin();
  }

  /** The carrier goes, the wire is closed, and frames that wait are lost. */
  detach(): void {
    const wire = this.#wire;
    if (!wire) return;
    this.#wire = undefined;
    this.#watch?.close();
    this.#watch = undefined;
    wire.close();
    if (this.#nic?.attached !== true) return;
    this.#nic.setCarrier(false);
    this.#options.environment.carrierChanged();
    this.#flushLater();
  }

  /** Ends it for good. */
  stop(): void {
    this.detach();
    this.#nic?.connect(undefined);
    this.#giveBack(this.#queued);
  }

  /** Context: the kernel is inside a call. */
  transmit(nic: HostNic, frame: number): void {
    if (this.#queued === this.#queue.length) {
      const larger = new Float64Array(this.#queued * 2);
      larger.set(this.#queue);
      this.#queue = larger;
    }
    const address = nic.addressOf(frame);
    this.#handleMinusAddress = frame - address;
    this.#queue[this.#queued++] = address;
    this.#flushLater();
  }

  onTime(): void {
    this.#flushing = false;
    this.#flush();
  }

  #begin(): void {
    const { reactor, carrierChanged } = this.#options.environment;
    this.#nic!.setCarrier(true);
    carrierChanged();
    this.#watch = reactor.watch(this.#wire!.fd, EPOLLIN, (events) => this.#ready(events));
  }

  #ready(events: number): void {
    // What comes first: acknowledgements free room.
    if ((events & ~EPOLLOUT) !== 0) this.#receive();
    if ((events & EPOLLOUT) === 0 || !this.#watch) return;
    this.#watch.setEvents(EPOLLIN);
    this.#flush();
  }

  #flushLater(): void {
    if (this.#flushing || this.#waiting) return;
    this.#flushing = true;
    const { scheduler } = this.#options.environment;
    scheduler.at(scheduler.nowNs, this.#target, 0, 0);
  }

  /** Whether the descriptor has no room, and says when it has. */
  get #waiting(): boolean {
    return this.#watch !== undefined && (this.#watch.events & EPOLLOUT) !== 0;
  }

  #flush(): void {
    const wire = this.#wire;
    const nic = this.#nic!;
    if (this.#queued === 0 && wire?.unfinished !== true) return;
    if (!wire) {
      this.#sent[dropped]! += this.#queued;
      this.#giveBack(this.#queued);
      return;
    }
    const { memory } = nic.kernel;
    const done = wire.send(memory.bytes, memory.base, this.#queue, this.#queued, this.#sent);
    this.#tellErrors();
    if (done < 0) {
      this.#broken(done);
      return;
    }
    this.#giveBack(done);
    if (this.#queued === 0 && !wire.unfinished) return;
    this.#sendWaits++;
    this.#watch!.setEvents(EPOLLIN | EPOLLOUT);
  }

  #giveBack(count: number): void {
    const queue = this.#queue;
    const nic = this.#nic;
    for (let i = 0; i < count; i++) nic!.transmitted(queue[i]! + this.#handleMinusAddress);
    queue.copyWithin(0, count, this.#queued);
    this.#queued -= count;
  }

  #receive(): void {
    const wire = this.#wire!;
    const nic = this.#nic!;
    const count = wire.receive();
    if (count < 0) {
      this.#broken(count);
      return;
    }
    const { buffer, entries, withHeader } = wire;
    const header = withHeader ? 1 : 0;
    for (let i = 0; i < count; i++) {
      const offset = entries[2 * i]!;
      const length = entries[2 * i + 1]!;
      const frame = nic.allocate(length);
      if (frame === 0) {
        this.#receivedDropped++;
        continue;
      }
      const { memory } = nic.kernel;
      const address = nic.addressOf(frame);
      this.#addon.frameFill(memory.bytes, memory.base, address, buffer, offset, length, header);
      this.#receivedFrames++;
      this.#receivedBytes += length;
      nic.receive(frame);
    }
  }

  #broken(error: number): void {
    this.detach();
    this.#options.onBroken(errnoCode(error));
  }

  /** Each kind once in a row: an interface that is down refuses every frame. */
  #tellErrors(): void {
    const error = this.#sent[lastError]!;
    if (error === this.#loggedError) return;
    this.#loggedError = error;
    const { label, environment } = this.#options;
    environment.log(`${label}: the machine refuses frames (${errnoCode(error)})`);
  }
}

/** Memory for what a wire receives: a batch of the longest frames, or many short ones. */
export function receiveBuffers(
  bufferBytes = 1 << 20,
  framesMax = 256,
): { buffer: Uint8Array; entries: Uint32Array } {
  return { buffer: new Uint8Array(bufferBytes), entries: new Uint32Array(2 * framesMax) };
}
