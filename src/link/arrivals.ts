// SPDX-License-Identifier: GPL-2.0-only

/**
 * The far end of a link's direction: frames on their way, in the order in which they arrive, those of one moment
 * as they were handed over. Only the first of them is an event. It has a scheduler of its own and gets nothing
 * else from the near end, so that it can be in another worker.
 */
import type { Scheduler, Stateful, TargetId, Timed } from '../host/index.js';
import type { FrameHandle } from './frame-pool.js';
import { FrameRing } from './frame-ring.js';

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
  /** Time, frame and epoch, sorted. */
  readonly #ring = new FrameRing();
  #armedNs = Infinity;

  constructor(scheduler: Scheduler, receiver: Receiver) {
    this.#scheduler = scheduler;
    this.#receiver = receiver;
    this.#target = scheduler.register(this);
  }

  /** Frames on their way. */
  get length(): number {
    return this.#ring.count;
  }

  /** A frame is on its way, held by us. */
  add(arrivalNs: number, frame: FrameHandle, epoch: number): void {
    if (this.#ring.insert(arrivalNs, frame, epoch) === 0) this.#arm(arrivalNs);
  }

  onTime(timeNs: number): void {
    // One that an earlier arrival has overtaken.
    if (timeNs !== this.#armedNs) return;
    this.#armedNs = Infinity;
    const ring = this.#ring;
    while (ring.count > 0 && ring.values[ring.offset(0)]! <= timeNs) {
      const at = ring.shift();
      this.#receiver.arrive(ring.values[at + 1]!, ring.values[at + 2]!);
    }
    if (ring.count > 0) this.#arm(ring.values[ring.offset(0)]!);
  }

  saveState(): ArrivalsState {
    return {
      timesNs: this.#ring.column(0),
      frames: Uint32Array.from(this.#ring.column(1)),
      epochs: Uint32Array.from(this.#ring.column(2)),
      armedNs: this.#armedNs,
    };
  }

  restoreState(saved: unknown): void {
    const { timesNs, frames, epochs, armedNs } = saved as ArrivalsState;
    this.#ring.clear();
    for (const [index, timeNs] of timesNs.entries()) {
      this.#ring.push(timeNs, frames[index]!, epochs[index]!);
    }
    this.#armedNs = armedNs;
  }

  #arm(timeNs: number): void {
    if (timeNs >= this.#armedNs) return;
    this.#armedNs = timeNs;
    this.#scheduler.at(timeNs, this.#target, timeNs, 0);
  }
}
