// SPDX-License-Identifier: GPL-2.0-only

/**
 * The far end of a link's direction: frames on their way, in the order in which they arrive, those of one moment
 * as they were handed over. Only the first of them is an event. It has a scheduler of its own and gets nothing
 * else from the near end, so that it can be in another worker.
 */
import type { Scheduler, Stateful, TargetId, Timed } from '../host/index.js';
import type { FrameHandle } from './frame-pool.js';

/** Who takes what arrives, and the hold of it. */
export interface Receiver {
  arrive(frame: FrameHandle, epoch: number): void;
}

interface ArrivalsState {
  readonly timesNs: Float64Array;
  readonly frames: Uint32Array;
  readonly epochs: Uint32Array;
  readonly armedNs: number;
}

export class Arrivals implements Timed, Stateful {
  readonly #scheduler: Scheduler;
  readonly #receiver: Receiver;
  readonly #target: TargetId;
  /** A ring, sorted. */
  #timesNs = new Float64Array(8);
  #frames = new Uint32Array(8);
  #epochs = new Uint32Array(8);
  #head = 0;
  #count = 0;
  #armedNs = Infinity;

  constructor(scheduler: Scheduler, receiver: Receiver) {
    this.#scheduler = scheduler;
    this.#receiver = receiver;
    this.#target = scheduler.register(this);
  }

  /** Frames on their way. */
  get length(): number {
    return this.#count;
  }

  /** A frame is on its way, held by us. */
  add(arrivalNs: number, frame: FrameHandle, epoch: number): void {
    if (this.#count === this.#frames.length) this.#grow();
    const mask = this.#frames.length - 1;
    const times = this.#timesNs;
    let at = this.#count++;
    let slot = (this.#head + at) & mask;
    while (at > 0) {
      const before = (this.#head + at - 1) & mask;
      if (times[before]! <= arrivalNs) break;
      times[slot] = times[before]!;
      this.#frames[slot] = this.#frames[before]!;
      this.#epochs[slot] = this.#epochs[before]!;
      slot = before;
      at--;
    }
    times[slot] = arrivalNs;
    this.#frames[slot] = frame;
    this.#epochs[slot] = epoch;
    if (at === 0) this.#arm(arrivalNs);
  }

  onTime(timeNs: number): void {
    // One that an earlier arrival has overtaken.
    if (timeNs !== this.#armedNs) return;
    this.#armedNs = Infinity;
    while (this.#count > 0 && this.#timesNs[this.#head]! <= timeNs) {
      const slot = this.#head;
      this.#head = (slot + 1) & (this.#frames.length - 1);
      this.#count--;
      this.#receiver.arrive(this.#frames[slot]!, this.#epochs[slot]!);
    }
    if (this.#count > 0) this.#arm(this.#timesNs[this.#head]!);
  }

  saveState(): ArrivalsState {
    const slots = this.#slots();
    return {
      timesNs: Float64Array.from(slots, (slot) => this.#timesNs[slot]!),
      frames: Uint32Array.from(slots, (slot) => this.#frames[slot]!),
      epochs: Uint32Array.from(slots, (slot) => this.#epochs[slot]!),
      armedNs: this.#armedNs,
    };
  }

  restoreState(saved: unknown): void {
    const state = saved as ArrivalsState;
    this.#load(state.timesNs, state.frames, state.epochs, Math.max(8, this.#frames.length));
    this.#armedNs = state.armedNs;
  }

  #slots(): number[] {
    const mask = this.#frames.length - 1;
    return Array.from({ length: this.#count }, (_, index) => (this.#head + index) & mask);
  }

  #grow(): void {
    const { timesNs, frames, epochs } = this.saveState();
    this.#load(timesNs, frames, epochs, this.#frames.length * 2);
  }

  #load(
    timesNs: Float64Array,
    frames: Uint32Array,
    epochs: Uint32Array,
    capacityMin: number,
  ): void {
    let capacity = capacityMin;
    while (capacity < frames.length) capacity *= 2;
    this.#timesNs = new Float64Array(capacity);
    this.#timesNs.set(timesNs);
    this.#frames = new Uint32Array(capacity);
    this.#frames.set(frames);
    this.#epochs = new Uint32Array(capacity);
    this.#epochs.set(epochs);
    this.#head = 0;
    this.#count = frames.length;
  }

  #arm(timeNs: number): void {
    if (timeNs >= this.#armedNs) return;
    this.#armedNs = timeNs;
    this.#scheduler.at(timeNs, this.#target, timeNs, 0);
  }
}
