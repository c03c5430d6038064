// SPDX-License-Identifier: GPL-2.0-only

/**
 * The timers of those who use a host, by the host's clock. Each user, the host's POSIX side and every program, is
 * an owner with a number and names its timers by keys, so that all that is pending is plain numbers for a snapshot.
 */
import type { Scheduler, Stateful, TargetId, Timed } from '../host/index.js';

/** The clock that timers go by. */
interface TimersClock {
  readonly nowNs: number;
  toTimelineNs(localNs: number): number;
}

/** Keys are below this. */
const keyMax = 2 ** 32;

/** Pairs of timer and time. */
export type HostTimersState = Float64Array;

export class HostTimers implements Timed, Stateful {
  readonly #scheduler: Scheduler;
  readonly #clock: TimersClock;
  readonly #target: TargetId;
  readonly #owners = new Map<number, (key: number) => void>();
  /** By owner and key in one number: the time. */
  readonly #pending = new Map<number, number>();

  constructor(scheduler: Scheduler, clock: TimersClock) {
    this.#scheduler = scheduler;
    this.#clock = clock;
    this.#target = scheduler.register(this);
  }

  /** From now on `fire` is told of the owner's timers; programs may run after it. */
  open(owner: number, fire: (key: number) => void): void {
    this.#owners.set(owner, fire);
  }

  /** The owner is gone. */
  close(owner: number): void {
    this.#owners.delete(owner);
    for (const timer of this.#pending.keys()) {
      if (Math.floor(timer / keyMax) === owner) this.#pending.delete(timer);
    }
  }

  /** At a time of the host's clock, at once if it is past. Infinity: never. */
  schedule(owner: number, key: number, timeNs: number): void {
    if (timeNs === Infinity) return;
    const timer = owner * keyMax + key;
    this.#pending.set(timer, timeNs);
    this.#schedule(timer, timeNs);
  }

  cancel(owner: number, key: number): void {
    this.#pending.delete(owner * keyMax + key);
  }

  /** None of what is to come comes, and nobody is told. */
  clear(): void {
    this.#pending.clear();
    this.#owners.clear();
  }

  /** The clock runs differently from now on. */
  retime(): void {
    for (const [timer, timeNs] of this.#pending) this.#schedule(timer, timeNs);
  }

  onTime(timer: number): void {
    const timeNs = this.#pending.get(timer);
    if (timeNs === undefined) return;
    if (this.#clock.nowNs < timeNs) {
      this.#schedule(timer, timeNs);
      return;
    }
    this.#pending.delete(timer);
    this.#scheduler.programsWoken();
    this.#owners.get(Math.floor(timer / keyMax))?.(timer % keyMax);
  }

  saveState(): HostTimersState {
    return Float64Array.from([...this.#pending].flat());
  }

  /** Context: the events are in the queue already; owners are opened anew. */
  restoreState(saved: unknown): void {
    const state = saved as HostTimersState;
    this.#pending.clear();
    for (let i = 0; i < state.length; i += 2) this.#pending.set(state[i]!, state[i + 1]!);
  }

  #schedule(timer: number, timeNs: number): void {
    const atNs = Math.max(Math.ceil(this.#clock.toTimelineNs(timeNs)), this.#scheduler.nowNs);
    this.#scheduler.at(atNs, this.#target, timer, 0);
  }
}
