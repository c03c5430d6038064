// SPDX-License-Identifier: GPL-2.0-only

/** The time of a host's POSIX side on a scheduler: timers that can be called off, and what waits for its turn. */
import type { Scheduler, TargetId, Timed } from '../host/index.js';
import type { HostTime, Timer } from '../posix/index.js';

export class HostTimeOf implements HostTime, Timed {
  readonly #scheduler: Scheduler;
  readonly #target: TargetId;
  readonly #pending = new Map<number, () => void>();
  #next = 0;

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
    this.#target = scheduler.register(this);
  }

  nowNs(): number {
    return this.#scheduler.nowNs;
  }

  at(timeNs: number, callback: () => void): Timer {
    const key = this.#next++;
    if (timeNs === Infinity) return { cancel: () => undefined };
    this.#pending.set(key, callback);
    const atNs = Math.max(Math.ceil(timeNs), this.#scheduler.nowNs);
    this.#scheduler.at(atNs, this.#target, key, 0);
    return { cancel: () => void this.#pending.delete(key) };
  }

  defer(callback: () => void): void {
    this.at(this.#scheduler.nowNs, callback);
  }

  onTime(key: number): void {
    const callback = this.#pending.get(key);
    if (!callback) return;
    this.#pending.delete(key);
    this.#scheduler.programsWoken();
    callback();
  }
}
