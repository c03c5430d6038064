// SPDX-License-Identifier: GPL-2.0-only

/** Callbacks as events: an event carries the callback's key. Each part that waits for times has a table. */
import type { Scheduler, TargetId, Timed } from '../host/index.js';

/** Something to do later, outside of every kernel. */
export interface Cancellable {
  cancel(): void;
}

/** The clock that a table's times are by, if it is not the timeline's own. */
export interface TableClock {
  readonly nowNs: number;
  toTimelineNs(localNs: number): number;
}

interface Entry {
  readonly timeNs: number;
  readonly callback: () => void;
}

export class CallbackTable implements Timed {
  readonly #scheduler: Scheduler;
  readonly #clock: TableClock | undefined;
  readonly #target: TargetId;
  readonly #entries = new Map<number, Entry>();
  #nextKey = 0;

  constructor(scheduler: Scheduler, clock?: TableClock) {
    this.#scheduler = scheduler;
    this.#clock = clock;
    this.#target = scheduler.register(this);
  }

  /** How many callbacks are still to come. */
  get size(): number {
    return this.#entries.size;
  }

  /** When the first of them comes, by the timeline's clock; Infinity: there is none. */
  get nextTimeNs(): number {
    let nextNs = Infinity;
    for (const { timeNs } of this.#entries.values()) nextNs = Math.min(nextNs, timeNs);
    return this.#clock && nextNs < Infinity ? this.#clock.toTimelineNs(nextNs) : nextNs;
  }

  /** Calls back at a moment, at once if it is past; programs may run after it. Infinity: never. */
  callAt(timeNs: number, callback: () => void): Cancellable {
    const key = this.#nextKey++;
    this.#entries.set(key, { timeNs, callback });
    this.#schedule(key, timeNs);
    return { cancel: () => void this.#entries.delete(key) };
  }

  /** None of what is to come comes. */
  clear(): void {
    this.#entries.clear();
  }

  /** The clock runs differently from now on. */
  retime(): void {
    for (const [key, { timeNs }] of this.#entries) this.#schedule(key, timeNs);
  }

  onTime(key: number): void {
    const entry = this.#entries.get(key);
    if (!entry) return;
    if (this.#clock && this.#clock.nowNs < entry.timeNs) {
      this.#schedule(key, entry.timeNs);
      return;
    }
    this.#entries.delete(key);
    this.#scheduler.programsWoken();
    entry.callback();
  }

  #schedule(key: number, timeNs: number): void {
    if (timeNs === Infinity) return;
    const { nowNs } = this.#scheduler;
    const atNs = this.#clock ? this.#clock.toTimelineNs(timeNs) : Math.ceil(timeNs);
    this.#scheduler.at(Math.max(Math.ceil(atNs), nowNs), this.#target, key, 0);
  }
}
