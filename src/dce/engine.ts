// SPDX-License-Identifier: GPL-2.0-only

/**
 * Virtual time: takes events in order, and lets everything that can run do so before time moves on. Kernels run
 * at once; programs are given a turn of the real event loop, but only after an event that may have woken one.
 */
import {
  SimulatedClock,
  type Runnable,
  type Scheduler,
  type TargetId,
  type Timed,
  type Timeline,
} from '../host/index.js';
import { CallbackTable, type Cancellable } from './callbacks.js';
import { EventQueue } from './event-queue.js';

/** Schedulers that one simulation can have, and events that each can make: both fit into a double together. */
const schedulersMax = 2 ** 17;
const eventsMax = 2 ** 36;

export class Engine implements Timeline {
  readonly clock = new SimulatedClock();
  readonly #queue = new EventQueue();
  readonly #turn: () => Promise<void>;
  readonly #targets: Timed[] = [];
  readonly #callbacks: CallbackTable;
  readonly #toRun = new Set<Runnable>();
  readonly #deferred: (() => void)[] = [];
  #programsMayRun = true;
  #running = false;
  #events = 0;
  #schedulers = 0;

  /** `turn` lets promises go on. */
  constructor(turn: () => Promise<void>) {
    this.#turn = turn;
    this.#callbacks = new CallbackTable(this.createScheduler());
  }

  get nowNs(): number {
    return this.clock.nowNs;
  }

  /** Events so far. */
  get eventCount(): number {
    return this.#events;
  }

  createScheduler(): Scheduler {
    const number = this.#schedulers++;
    if (number === schedulersMax) throw new Error('engine: there are too many hosts and links');
    return new PartScheduler(this, number * eventsMax);
  }

  /** For the engine's schedulers. */
  register(target: Timed): TargetId {
    return this.#targets.push(target) - 1;
  }

  /** For the engine's schedulers. */
  add(timeNs: number, order: number, target: TargetId, a: number, b: number): void {
    if (timeNs < this.clock.nowNs) {
      throw new Error(`engine: an event for ${timeNs} ns at ${this.clock.nowNs} ns`);
    }
    this.#queue.add(timeNs, order, target, a, b);
  }

  runBeforeTimeMoves(kernel: Runnable): void {
    this.#toRun.add(kernel);
  }

  programsWoken(): void {
    this.#programsMayRun = true;
  }

  /** Calls back at a moment, after which programs may run. */
  callAt(timeNs: number, callback: () => void): Cancellable {
    return this.#callbacks.callAt(timeNs, callback);
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
    const targets = this.#targets;
    for (;;) {
      this.#settle();
      if (this.#programsMayRun) return;
      const timeNs = queue.nextTimeNs;
      if (timeNs > endNs || timeNs === Infinity) return;
      this.clock.advanceTo(timeNs);
      do {
        this.#events++;
        queue.take();
        targets[queue.target]!.onTime(queue.a, queue.b);
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

class PartScheduler implements Scheduler {
  readonly #engine: Engine;
  #nextOrder: number;

  constructor(engine: Engine, firstOrder: number) {
    this.#engine = engine;
    this.#nextOrder = firstOrder;
  }

  get nowNs(): number {
    return this.#engine.clock.nowNs;
  }

  register(target: Timed): TargetId {
    return this.#engine.register(target);
  }

  at(timeNs: number, target: TargetId, a: number, b: number): void {
    this.#engine.add(timeNs, this.#nextOrder++, target, a, b);
  }

  runBeforeTimeMoves(kernel: Runnable): void {
    this.#engine.runBeforeTimeMoves(kernel);
  }

  programsWoken(): void {
    this.#engine.programsWoken();
  }
}
