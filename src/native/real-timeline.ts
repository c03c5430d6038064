// SPDX-License-Identifier: GPL-2.0-only

/**
 * Real time as the timeline of hosts, NICs and links: what a simulation's engine is for virtual time. A turn runs
 * kernels with queued work and everything whose time has come; it follows each batch of the reactor, each timer and,
 * as a microtask, whatever else asked for something. A timerfd wakes it to the microsecond.
 */
import { setImmediate } from 'node:timers';
import { EventQueue } from '../dce/event-queue.js';
import { RunList } from '../dce/run-list.js';
import type { Runnable, Scheduler, TargetId, Timed, Timeline } from '../host/index.js';
import { KernelPanic } from '../kernel/index.js';
import { SystemError } from '../posix/index.js';
import { addon } from '../addon/addon.js';
import { EPOLLIN, type Reactor, type Watch } from './reactor.js';
import { MonotonicClock } from './real-clock.js';

/** Of a timeline on the machine’s clock. */
export interface RealTimelineOptions {
  readonly reactor: Reactor;
  /** Whether it keeps the process running until it is closed. Default: true. */
  readonly keepAlive?: boolean;
}

/** A turn goes on for so long before the event loop has its own. */
const turnNsMax = 2e6;
/** Turns as microtasks, one after another, before the event loop has its own. */
const microtaskTurnsMax = 64;

export class RealTimeline implements Timeline, Scheduler {
  /** For kernels: they read the machine's clock themselves. */
  readonly clock = new MonotonicClock();
  readonly reactor: Reactor;
  readonly #addon = addon();
  readonly #queue = new EventQueue();
  readonly #targets: Timed[] = [];
  readonly #toRun = new RunList();
  readonly #timerFd: number;
  readonly #timerWatch: Watch;
  readonly #afterBatch: Disposable;
  readonly #expirations = new Uint8Array(8);
  #order = 0;
  /** When the timerfd wakes us. */
  #armedNs = Infinity;
  #inTurn = false;
  #turnAsked = false;
  #microtaskTurns = 0;
  #closed = false;

  constructor({ reactor, keepAlive = true }: RealTimelineOptions) {
    this.reactor = reactor;
    this.#timerFd = this.#addon.timerCreate();
    if (this.#timerFd < 0) throw new SystemError(this.#timerFd, 'timerfd_create');
    this.#timerWatch = reactor.watch(this.#timerFd, EPOLLIN, () => this.#timerFired(), {
      keepAlive,
    });
    this.#afterBatch = reactor.afterBatch(() => this.#turn());
  }

  get nowNs(): number {
    return this.clock.nowNs;
  }

  /** All parts share one scheduler: in real time nothing hangs on the order of those who ask at one moment. */
  createScheduler(): Scheduler {
    return this;
  }

  register(target: Timed): TargetId {
    return this.#targets.push(target) - 1;
  }

  /** A time that is past has come. */
  at(timeNs: number, target: TargetId, a: number, b: number): void {
    this.#queue.add(timeNs, this.#order++, target, a, b);
    if (timeNs < this.#armedNs && !this.#inTurn) this.#ask();
  }

  runBeforeTimeMoves(kernel: Runnable): void {
    this.#toRun.add(kernel);
    if (!this.#inTurn) this.#ask();
  }

  /** Promises go on by themselves here. */
  programsWoken(): void {
    return;
  }

  /** Forgets what was to come. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#afterBatch[Symbol.dispose]();
    this.#timerWatch.close();
    this.#addon.close(this.#timerFd);
    this.#toRun.clear();
  }

  /** `close`. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** A turn soon: before anything else that the event loop has, unless that has waited for long. */
  #ask(): void {
    if (this.#turnAsked || this.#closed) return;
    this.#turnAsked = true;
    if (this.#microtaskTurns++ < microtaskTurnsMax) queueMicrotask(() => this.#askedTurn());
    else this.#turnAfterOthers();
  }

  #turnAfterOthers(): void {
    this.#turnAsked = true;
    setImmediate(() => {
      this.#microtaskTurns = 0;
      this.#askedTurn();
    });
  }

  #askedTurn(): void {
    this.#turnAsked = false;
    this.#turn();
  }

  #timerFired(): void {
    this.#addon.read(this.#timerFd, this.#expirations, 0, 8);
    this.#armedNs = Infinity;
    this.#microtaskTurns = 0;
  }

  #turn(): void {
    if (this.#inTurn || this.#closed) return;
    this.#inTurn = true;
    try {
      this.#runWhatIsDue();
    } finally {
      this.#inTurn = false;
      this.#arm();
    }
  }

  #runWhatIsDue(): void {
    const queue = this.#queue;
    const endNs = this.nowNs + turnNsMax;
    while (true) {
      if (!this.#toRun.isEmpty) this.#guarded(() => this.#toRun.run());
      const nowNs = this.nowNs;
      if (queue.nextTimeNs > nowNs && this.#toRun.isEmpty) return;
      // What is due now; what that asks for comes in the next round.
      for (let left = queue.length; left > 0 && queue.nextTimeNs <= nowNs; left--) {
        queue.take();
        const { target, a, b } = queue;
        this.#guarded(() => this.#targets[target]!.onTime(a, b));
      }
      if (nowNs > endNs) return;
    }
  }

  /** A kernel's death is told to its host; here the others go on. */
  #guarded(call: () => void): void {
    try {
      call();
    } catch (error) {
      if (!(error instanceof KernelPanic)) throw error;
    }
  }

  /** Sees to the next turn: at once for what is due, else when the next event is. */
  #arm(): void {
    if (this.#closed) return;
    const { nextTimeNs } = this.#queue;
    if (!this.#toRun.isEmpty || nextTimeNs <= this.nowNs) {
      if (!this.#turnAsked) this.#turnAfterOthers();
      return;
    }
    // A timer that comes too early is cheaper than one that is set at every turn.
    if (nextTimeNs >= this.#armedNs) return;
    this.#armedNs = nextTimeNs;
    const result = this.#addon.timerSet(this.#timerFd, Math.ceil(nextTimeNs + this.clock.epochNs));
    if (result < 0) throw new SystemError(result, 'timerfd_settime');
  }
}
