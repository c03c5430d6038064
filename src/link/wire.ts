// SPDX-License-Identifier: GPL-2.0-only

/**
 * A wire between two NICs, in each direction with a rate, a queue in front of it, and a propagation delay. With a
 * rate it carries MTU-sized frames, so what segmentation offload left whole is split as it enters; an ideal wire
 * passes it whole. A frame counts with its bytes from the Ethernet header on, without preamble and check sequence.
 *
 * A frame lies in its sender's memory until its last bit has left: that is the transmit completion. There it is
 * copied into a buffer of the receiver's, in which it travels.
 */
import type {
  FrameOffloads,
  FrameSink,
  Nic,
  Scheduler,
  TargetId,
  Timeline,
} from '../host/index.js';
import { LibosError } from '../errors.js';
import type { DirectionCounters, FrameObserver, Link } from './link.js';
import {
  rewriteHeaders,
  segmentCount,
  segmentLength,
  wireFrame,
  type FrameReader,
} from './segment.js';

export interface WireOptions {
  /** From the last bit's departure to its arrival; 0 by default. */
  readonly delayNs?: number;
  /** Infinity by default: an ideal wire. */
  readonly rateBitsPerSecond?: number;
  /** Frames that wait for the wire, beside the one on it; the next ones are dropped. */
  readonly queueFrames?: number;
}

const queueFramesDefault = 1000;
const bitsPerByteNs = 8e9;

export class Wire implements Link {
  readonly ends: readonly [Nic, Nic];
  readonly #directions: readonly [Direction, Direction];
  readonly #observers = new Set<FrameObserver>();

  constructor(timeline: Timeline, a: Nic, b: Nic, options: WireOptions = {}) {
    check(a, b, options);
    this.ends = [a, b];
    const create = (from: Nic, to: Nic): Direction =>
      new Direction(timeline.createScheduler(), from, to, this.#observers, options);
    this.#directions = [create(a, b), create(b, a)];
    a.connect(this.#directions[0]);
    b.connect(this.#directions[1]);
  }

  observe(observer: FrameObserver): Disposable {
    this.#observers.add(observer);
    return { [Symbol.dispose]: () => void this.#observers.delete(observer) };
  }

  /** What left the first end and what left the second. */
  get counters(): readonly [DirectionCounters, DirectionCounters] {
    return [this.#directions[0].counters(), this.#directions[1].counters()];
  }

  /** Takes the wire away; what is on it still arrives. */
  disconnect(): void {
    for (const end of this.ends) end.connect(undefined);
  }
}

function check(a: Nic, b: Nic, options: WireOptions): void {
  const { delayNs = 0, rateBitsPerSecond = Infinity, queueFrames = queueFramesDefault } = options;
  if (a === b) throw new LibosError('ERR_LIBOS_LINK', `${a.label}: a wire needs two ends`);
  const wrong =
    delayNs >= 0 && Number.isSafeInteger(delayNs)
      ? rateBitsPerSecond > 0
        ? queueFrames >= 0 && !Number.isNaN(queueFrames)
          ? undefined
          : `a queue of ${queueFrames} frames`
        : `a rate of ${rateBitsPerSecond} bit/s`
      : `a delay of ${delayNs} ns`;
  if (wrong !== undefined) {
    throw new LibosError('ERR_LIBOS_LINK', `wire ${a.label}–${b.label}: ${wrong} is impossible`);
  }
}

class Direction implements FrameSink {
  readonly #scheduler: Scheduler;
  readonly #from: Nic;
  readonly #to: Nic;
  readonly #observers: ReadonlySet<FrameObserver>;
  readonly #delayNs: number;
  readonly #rateBitsPerSecond: number;
  readonly #queueFramesMax: number;
  /** Of the frame that is looked at; made once. */
  readonly #offloads = createOffloads();
  readonly #departure: TargetId;
  readonly #arrival: TargetId;
  #header = new Uint8Array(256);
  #busyUntilNs = 0;
  /** Frames on the wire's near end: waiting or being sent. */
  #queuedFrames = 0;
  #frames = 0;
  #bytes = 0;
  #droppedByQueue = 0;
  #droppedByReceiver = 0;

  constructor(
    scheduler: Scheduler,
    from: Nic,
    to: Nic,
    observers: ReadonlySet<FrameObserver>,
    options: WireOptions,
  ) {
    this.#scheduler = scheduler;
    this.#departure = scheduler.register({ onTime: (frame, step) => this.#depart(frame, step) });
    this.#arrival = scheduler.register({ onTime: (frame) => this.#arrive(frame) });
    this.#from = from;
    this.#to = to;
    this.#observers = observers;
    this.#delayNs = options.delayNs ?? 0;
    this.#rateBitsPerSecond = options.rateBitsPerSecond ?? Infinity;
    this.#queueFramesMax = options.queueFrames ?? queueFramesDefault;
  }

  counters(): DirectionCounters {
    return {
      frames: this.#frames,
      bytes: this.#bytes,
      droppedByQueue: this.#droppedByQueue,
      droppedByReceiver: this.#droppedByReceiver,
    };
  }

  /** Context: the sender's kernel is inside a call, so all that happens is a note for later. */
  transmit(nic: Nic, frame: number): void {
    const { nowNs } = this.#scheduler;
    if (this.#rateBitsPerSecond === Infinity) {
      this.#scheduler.at(nowNs, this.#departure, frame, steps.whole);
      return;
    }
    nic.readOffloads(frame, this.#offloads);
    const length = nic.frameLength(frame);
    const count = segmentCount(length, this.#offloads);
    const room = Math.max(0, this.#queueFramesMax + 1 - this.#queuedFrames);
    const accepted = Math.min(count, room);
    this.#droppedByQueue += count - accepted;
    if (accepted === 0) this.#scheduler.at(nowNs, this.#departure, frame, steps.drop);
    this.#queuedFrames += accepted;
    for (let index = 0; index < accepted; index++) {
      const bits = segmentLength(length, this.#offloads, index) * bitsPerByteNs;
      this.#busyUntilNs =
        Math.max(this.#busyUntilNs, nowNs) + Math.round(bits / this.#rateBitsPerSecond);
      const isLast = index === accepted - 1 ? 1 : 0;
      this.#scheduler.at(this.#busyUntilNs, this.#departure, frame, index * 2 + isLast);
    }
  }

  #depart(frame: number, step: number): void {
    if (step === steps.drop) {
      this.#from.transmitted(frame);
      return;
    }
    const offloads = this.#offloads;
    this.#from.readOffloads(frame, offloads);
    const length = this.#from.frameLength(frame);
    let copy: number;
    if (step === steps.whole) {
      this.#count(length, segmentCount(length, offloads));
      if (this.#observers.size > 0) this.#show(this.#from, 'out', frame);
      copy = this.#copyWhole(frame, length);
      this.#from.transmitted(frame);
    } else {
      const index = step >>> 1;
      this.#queuedFrames--;
      this.#count(segmentLength(length, offloads, index), 1);
      if (this.#observers.size > 0) this.#showSegment(this.#from, 'out', frame, offloads, index);
      copy =
        offloads.gsoSize === 0
          ? this.#copyWhole(frame, length)
          : this.#copySegment(frame, length, index);
      if ((step & 1) === 1) this.#from.transmitted(frame);
    }
    if (copy === 0) this.#droppedByReceiver++;
    else if (this.#delayNs === 0) this.#arrive(copy);
    else this.#scheduler.at(this.#scheduler.nowNs + this.#delayNs, this.#arrival, copy, 0);
  }

  #arrive(frame: number): void {
    if (this.#observers.size > 0) this.#show(this.#to, 'in', frame);
    this.#to.receive(frame);
  }

  #count(bytes: number, frames: number): void {
    this.#bytes += bytes;
    this.#frames += frames;
  }

  /** Into a buffer of the receiver's, 0 when it gives none. */
  #copyWhole(frame: number, length: number): number {
    const copy = this.#to.allocate(length);
    if (copy === 0) return 0;
    this.#to.copyFrom(this.#from, frame, 0, copy, 0, length);
    this.#to.writeOffloads(copy, this.#offloads);
    return copy;
  }

  #copySegment(frame: number, length: number, index: number): number {
    const offloads = this.#offloads;
    const { headerLength, gsoSize } = offloads;
    const segment = segmentLength(length, offloads, index);
    const copy = this.#to.allocate(segment);
    if (copy === 0) return 0;
    const header = this.#headerOf(frame, headerLength);
    rewriteHeaders(header, length, offloads, index, segmentCount(length, offloads));
    this.#to.write(copy, header);
    const from = headerLength + index * gsoSize;
    this.#to.copyFrom(this.#from, frame, from, copy, headerLength, segment - headerLength);
    offloads.gsoSize = 0;
    offloads.gsoType = 0;
    offloads.headerLength = 0;
    this.#to.writeOffloads(copy, offloads);
    return copy;
  }

  #headerOf(frame: number, headerLength: number): Uint8Array {
    if (headerLength > this.#header.length) this.#header = new Uint8Array(headerLength);
    const header = this.#header.subarray(0, headerLength);
    this.#from.copyOut(frame, 0, header);
    return header;
  }

  /** All segments of a frame. */
  #show(nic: Nic, direction: 'out' | 'in', frame: number): void {
    const offloads = createOffloads();
    nic.readOffloads(frame, offloads);
    const count = segmentCount(nic.frameLength(frame), offloads);
    for (let index = 0; index < count; index++) {
      this.#showSegment(nic, direction, frame, offloads, index);
    }
  }

  #showSegment(
    nic: Nic,
    direction: 'out' | 'in',
    frame: number,
    offloads: FrameOffloads,
    index: number,
  ): void {
    const length = nic.frameLength(frame);
    const read: FrameReader = (fromByte, target) => nic.copyOut(frame, fromByte, target);
    const count = segmentCount(length, offloads);
    this.#tell(nic, direction, wireFrame(read, length, offloads, index, count));
  }

  #tell(nic: Nic, direction: 'out' | 'in', bytes: Uint8Array): void {
    const frame = { nic, direction, timeNs: this.#scheduler.nowNs, bytes };
    for (const observer of this.#observers) observer(frame);
  }
}

/** What happens to a frame at its departure; else twice the segment's index, and one more if it is the last. */
const steps = { whole: -1, drop: -2 } as const;

function createOffloads(): FrameOffloads {
  return { csumStart: 0, csumOffset: 0, gsoSize: 0, headerLength: 0, gsoType: 0, flags: 0 };
}
