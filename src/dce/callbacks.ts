// SPDX-License-Identifier: GPL-2.0-only

/** Callbacks as events: an event carries the callback's key. Each part that waits for times has a table. */
import type { Scheduler, TargetId, Timed } from '../host/index.js';

/** Something to do later, outside of every kernel. */
export interface Cancellable {
  /** It is not called any more. */
  cancel(): void;
}

export interface KeyedCallback extends Cancellable {
  readonly key: number;
}

/** What is to come; callbacks as they are, so that a copy is good for the same simulation only. */
export interface CallbackTableState {
  readonly entries: readonly (readonly [key: number, entry: Entry])[];
  readonly nextKey: number;
}

interface Entry {
  readonly timeNs: number;
  readonly callback: () => void;
}

export class CallbackTable implements Timed {
  readonly #scheduler: Scheduler;
  readonly #target: TargetId;
  readonly #entries = new Map<number, Entry>();
  #nextKey = 0;

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
    this.#target = scheduler.register(this);
  }

  /** How many callbacks are still to come. */
  get size(): number {
    return this.#entries.size;
  }

  /** When the first of them comes; Infinity: there is none. */
  get nextTimeNs(): number {
    let nextNs = Infinity;
    for (const { timeNs } of this.#entries.values()) nextNs = Math.min(nextNs, timeNs);
    return nextNs;
  }

  /** Calls back at a moment, at once if it is past; programs may run after it. Infinity: never. */
  callAt(timeNs: number, callback: () => void): KeyedCallback {
    const key = this.#nextKey++;
    const handle = this.revive(key, timeNs, callback);
    if (timeNs !== Infinity) {
      const atNs = Math.max(Math.ceil(timeNs), this.#scheduler.nowNs);
      this.#scheduler.at(atNs, this.#target, key, 0);
    }
    return handle;
  }

  /** A callback whose event is in the queue already. */
  revive(key: number, timeNs: number, callback: () => void): KeyedCallback {
    this.#entries.set(key, { timeNs, callback });
    return { key, cancel: () => void this.#entries.delete(key) };
  }

  has(key: number): boolean {
    return this.#entries.has(key);
  }

  onTime(key: number): void {
    const entry = this.#entries.get(key);
    if (!entry) return;
    this.#entries.delete(key);
    this.#scheduler.programsWoken();
    entry.callback();
  }

  saveState(): CallbackTableState {
    return { entries: [...this.#entries], nextKey: this.#nextKey };
  }

  /** Context: the queue has the events. */
  restoreState({ entries, nextKey }: CallbackTableState): void {
    this.#entries.clear();
    for (const [key, entry] of entries) this.#entries.set(key, entry);
    this.#nextKey = nextKey;
  }
}
