// SPDX-License-Identifier: GPL-2.0-only

/** Callbacks as events: an event carries the callback's key. Each part that waits for times has a table. */
import type { Scheduler, TargetId, Timed } from '../host/index.js';

/** Something to do later, outside of every kernel. */
export interface Cancellable {
  cancel(): void;
}

export class CallbackTable implements Timed {
  readonly #scheduler: Scheduler;
  readonly #target: TargetId;
  readonly #callbacks = new Map<number, () => void>();
  #nextKey = 0;

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
    this.#target = scheduler.register(this);
  }

  /** Calls back at a moment, at once if it is past; programs may run after it. */
  callAt(timeNs: number, callback: () => void): Cancellable {
    const key = this.#nextKey++;
    this.#callbacks.set(key, callback);
    const atNs = Math.max(Math.ceil(timeNs), this.#scheduler.nowNs);
    if (atNs !== Infinity) this.#scheduler.at(atNs, this.#target, key, 0);
    return { cancel: () => void this.#callbacks.delete(key) };
  }

  onTime(key: number): void {
    const callback = this.#callbacks.get(key);
    if (!callback) return;
    this.#callbacks.delete(key);
    this.#scheduler.programsWoken();
    callback();
  }
}
