// SPDX-License-Identifier: GPL-2.0-only

/** Something that goes wrong between a begin and an end: when, and how it comes back with a snapshot. */
import { LibosError } from '../errors.js';
import { parseDurationNs } from '../units.js';
import type { Cancellable } from './callbacks.js';
import type { Simulation } from './simulation.js';

/** When, in virtual time since the start of the simulation: from now on and until disposed of by default. */
export interface FaultOptions {
  readonly from?: string | number;
  readonly until?: string | number;
}

/** What a fault is, for one simulation. */
export interface FaultKind {
  readonly name: string;
  begin(): FaultRun;
  /** It is under way in a simulation that goes on from a snapshot; `memo` is what the run had. */
  resume(memo: unknown): FaultRun;
}

export interface FaultRun {
  /** What its end needs to know of its begin; cloneable. */
  readonly memo?: unknown;
  /** The fault is over. */
  end(): void;
  /** The simulation goes back to a snapshot, hosts and links included: nothing of the fault may stay. */
  withdraw(): void;
}

/** Makes the fault's kind for a simulation: the first one, or a fork. */
export type FaultMaker = (simulation: Simulation) => FaultKind;

type Step = 'begin' | 'end';

interface FaultTimer {
  readonly step: Step;
  readonly timeNs: number;
  readonly key: number;
}

export interface FaultState {
  readonly make: FaultMaker;
  readonly ended: boolean;
  readonly running: { readonly memo: unknown } | undefined;
  /** Those that are to come. */
  readonly timers: readonly FaultTimer[];
}

/** Something that goes wrong, between a begin and an end: what `simulation.faults` gives. Disposing of it ends it. */
export class Fault implements Disposable {
  readonly name: string;
  readonly #simulation: Simulation;
  readonly #make: FaultMaker;
  readonly #kind: FaultKind;
  #timers: (FaultTimer & { readonly handle: Cancellable })[] = [];
  #running: FaultRun | undefined;
  #ended = false;

  /** Made by `simulation.faults`. @internal */
  constructor(simulation: Simulation, make: FaultMaker) {
    this.#simulation = simulation;
    this.#make = make;
    this.#kind = make(simulation);
    this.name = this.#kind.name;
  }

  /** Context: called once, by who made it. @internal */
  schedule({ from, until }: FaultOptions): void {
    const { nowNs } = this.#simulation;
    const fromNs = from === undefined ? nowNs : parseDurationNs(from, `${this.name}: from`);
    const untilNs = until === undefined ? Infinity : parseDurationNs(until, `${this.name}: until`);
    if (fromNs < nowNs || untilNs < fromNs) {
      throw new LibosError('ERR_LIBOS_FAULT', `${this.name}: it would end before it can begin`, {
        hint: `from and until are times since the start of the simulation, which is at ${nowNs} ns`,
      });
    }
    if (fromNs === nowNs) this.#step('begin');
    else this.#at('begin', fromNs);
    if (untilNs < Infinity) this.#at('end', untilNs);
  }

  get active(): boolean {
    return this.#running !== undefined;
  }

  /** Ends it, or makes that it never begins. */
  [Symbol.dispose](): void {
    if (this.#ended) return;
    this.#ended = true;
    for (const { handle } of this.#timers) handle.cancel();
    if (!this.#running) return;
    this.#running.end();
    this.#running = undefined;
    this.#say('ends');
  }

  /** @internal */
  saveState(): FaultState {
    const { engine } = this.#simulation;
    return {
      make: this.#make,
      ended: this.#ended,
      running: this.#running && { memo: this.#running.memo },
      timers: this.#timers
        .filter(({ key }) => engine.awaitsCallback(key))
        .map(({ step, timeNs, key }) => ({ step, timeNs, key })),
    };
  }

  /** Takes back what it does now, before hosts and links go back. @internal */
  withdraw(): void {
    this.#running?.withdraw();
    this.#running = undefined;
    this.#ended = true;
  }

  /** Context: hosts, links and the engine are what they were. @internal */
  restoreState({ ended, running, timers }: FaultState): void {
    this.#ended = ended;
    if (running) this.#running = this.#kind.resume(running.memo);
    this.#timers = timers.map((timer) => {
      const { engine } = this.#simulation;
      const step = (): void => this.#step(timer.step);
      return { ...timer, handle: engine.reviveCallback(timer.key, timer.timeNs, step) };
    });
  }

  #at(step: Step, timeNs: number): void {
    const handle = this.#simulation.engine.callAt(timeNs, () => this.#step(step));
    this.#timers.push({ step, timeNs, key: handle.key, handle });
  }

  #step(step: Step): void {
    if (step === 'end') this[Symbol.dispose]();
    else if (!this.#ended) {
      this.#say('begins');
      this.#running = this.#kind.begin();
    }
  }

  #say(what: string): void {
    this.#simulation.log.write(undefined, 'fault', 'notice', `${this.name} ${what}`);
  }
}
