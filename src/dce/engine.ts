// SPDX-License-Identifier: GPL-2.0-only

/**
 * Virtual time: takes events in order, and lets everything that can run do so before time moves on. Kernels run
 * at once; programs are given a turn of the real event loop, but only after an event that may have woken one.
 */
import { SimulatedClock, type Runnable, type Scheduler, type Timed } from '../host/index.js';
import { EventQueue } from './event-queue.js';

/** Something to do later, outside of every kernel. */
export interface Cancellable {
  cancel(): void;
}

export class Engine implements Scheduler {
  readonly clock = new SimulatedClock();
  readonly #queue = new EventQueue();
  readonly #turn: () => Promise<void>;
  readonly #callbacks = new CallbackTable();
  readonly #toRun = new Set<Runnable>();
  readonly #deferred: (() => void)[] = [];
  #programsMayRun = true;
  #running = false;
  #events = 0;

  /** `turn` lets promises go on. */
  constructor(turn: () => Promise<void>) {
    this.#turn = turn;
  }

  get nowNs(): number {
    return this.clock.nowNs;
  }

  /** Events so far. */
  get eventCount(): number {
    return this.#events;
  }

  at(timeNs: number, target: Timed, a: number, b: number): void {
    if (timeNs < this.clock.nowNs) {
      throw new Error(`engine: an event for ${timeNs} ns at ${this.clock.nowNs} ns`);
    }
    this.#queue.add(timeNs, target, a, b);
  }

  runBeforeTimeMoves(kernel: Runnable): void {
    this.#toRun.add(kernel);
  }

  programsWoken(): void {
    this.#programsMayRun = true;
  }

  /** Calls back at a moment, after which programs may run. */
  callAt(timeNs: number, callback: () => void): Cancellable {
    const key = this.#callbacks.add(() => {
      this.#programsMayRun = true;
      callback();
    });
    this.at(Math.max(Math.ceil(timeNs), this.clock.nowNs), this.#callbacks, key, 0);
    return { cancel: () => this.#callbacks.remove(key) };
  }

  /** Calls back before time moves on, when no kernel is inside a call. */
  defer(callback: () => void): void {
    this.#deferred.push(callback);
    this.#programsMayRun = true;
  }

  /**
   * Lets time pass to `endNs`, or until `stop` says so; it is asked when programs have run. Returns false when
   * nothing is left that could ever happen before it did.
   */
  async run(endNs: number, stop: () => boolean): Promise<boolean> {
    if (this.#running) throw new Error('engine: it is running already');
    this.#running = true;
    // Whoever called has programs that have not gone on yet.
    this.#programsMayRun = true;
    try {
      for (;;) {
        this.#runUntilProgramsMay(endNs);
        if (this.#programsMayRun) {
          this.#programsMayRun = false;
          await this.#turn();
          if (stop()) return true;
          continue;
        }
        if (endNs === Infinity) return false;
        this.clock.advanceTo(endNs);
        return true;
      }
    } finally {
      this.#running = false;
    }
  }

  /** Everything up to `endNs`, or less if programs may run. */
  #runUntilProgramsMay(endNs: number): void {
    const queue = this.#queue;
    for (;;) {
      this.#settle();
      if (this.#programsMayRun) return;
      const timeNs = queue.nextTimeNs;
      if (timeNs > endNs || timeNs === Infinity) return;
      this.clock.advanceTo(timeNs);
      do {
        this.#events++;
        queue.dispatch();
      } while (queue.nextTimeNs === timeNs);
    }
  }

  /** Runs kernels and deferred callbacks until there are none. What throws leaves the rest for the next time. */
  #settle(): void {
    while (this.#toRun.size > 0 || this.#deferred.length > 0) {
      for (const kernel of this.#toRun) {
        this.#toRun.delete(kernel);
        if (kernel.death === undefined) kernel.run();
      }
      this.#deferred.shift()?.();
    }
  }
}

/** Callbacks as events: an event carries the key. */
class CallbackTable implements Timed {
  readonly #callbacks = new Map<number, () => void>();
  #nextKey = 0;

  add(callback: () => void): number {
    this.#callbacks.set(this.#nextKey, callback);
    return this.#nextKey++;
  }

  remove(key: number): void {
    this.#callbacks.delete(key);
  }

  onTime(key: number): void {
    const callback = this.#callbacks.get(key);
    this.#callbacks.delete(key);
    callback?.();
  }
}
