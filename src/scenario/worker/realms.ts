// SPDX-License-Identifier: GPL-2.0-only

/** The realms of a scenario: of each program while it runs, of its simulation, and of what comes before one. */
import {
  CallerLine,
  currentProgram,
  type Os,
  type Program,
  type Simulation,
} from '../../dce/index.js';
import { SeededEntropy } from '../../host/index.js';
import { realSetImmediate } from './globals/real.js';
import { defaultStartDateMs, type CurrentRealm, type Realm } from './globals/realm.js';

/** A program's realm; each run of the program has one, with a random stream from its beginning. */
class ProgramRealm implements Realm {
  readonly entropy: SeededEntropy;
  readonly timeOriginMs: number;
  readonly #program: Program;
  readonly #os: Os;

  constructor(program: Program, os: Os, simulation: Simulation) {
    this.#program = program;
    this.#os = os;
    this.entropy = simulation.entropy(`program ${program.label}`);
    this.timeOriginMs = simulation.startDateMs;
  }

  get nowNs(): number {
    return this.#os.nowNs;
  }

  get dateMs(): number {
    return this.#os.now.getTime();
  }

  callAt(timeNs: number, callback: () => void) {
    const { time } = this.#os.posix;
    return time.at(time.nowNs() + timeNs - this.nowNs, () => this.#call(callback));
  }

  defer(callback: () => void): void {
    this.#os.posix.time.defer(() => this.#call(callback));
  }

  /** What is not caught is the program's failure. Once it is over, nothing of it runs. */
  #call(callback: () => void): void {
    if (this.#program.os !== this.#os || !this.#program.live) return;
    try {
      callback();
    } catch (error) {
      this.#program.fail(error);
    }
  }
}

class SimulationRealm implements Realm {
  readonly entropy: SeededEntropy;
  readonly timeOriginMs: number;
  readonly #simulation: Simulation;

  constructor(simulation: Simulation) {
    this.#simulation = simulation;
    this.entropy = simulation.entropy('scenario');
    this.timeOriginMs = simulation.startDateMs;
  }

  get nowNs(): number {
    return this.#simulation.nowNs;
  }

  get dateMs(): number {
    return this.timeOriginMs + this.nowNs / 1e6;
  }

  /** Where time has been waited for that did not pass. */
  waitsSince: CallerLine | undefined;

  callAt(timeNs: number, callback: () => void) {
    const { engine } = this.#simulation;
    if (!engine.running) this.waitsSince = CallerLine.here();
    return engine.callAt(timeNs, () => {
      this.waitsSince = undefined;
      callback();
    });
  }

  /** Between runs nothing moves time: whoever waits then waits for Node's own event loop. */
  defer(callback: () => void): void {
    const { engine } = this.#simulation;
    if (engine.running) engine.defer(callback);
    else realSetImmediate(callback);
  }
}

/** Realms by whose they are. The simulation that was made last is the one that code outside of programs lives in. */
export class Realms {
  readonly #ofRuns = new WeakMap<Os, Realm>();
  readonly #early: Early;
  #ofSimulation: SimulationRealm | undefined;

  constructor(seed: number | string) {
    this.#early = new Early(seed);
  }

  readonly current: CurrentRealm = () => {
    const program = currentProgram();
    const os = program?.os;
    if (program && os) {
      let realm = this.#ofRuns.get(os);
      if (!realm) {
        realm = new ProgramRealm(program, os, program.host.simulation);
        this.#ofRuns.set(os, realm);
      }
      return realm;
    }
    return this.#ofSimulation ?? this.#early;
  };

  /** Where the scenario has begun to wait for time, while none has passed. */
  get waitsSince(): CallerLine | undefined {
    return this.#ofSimulation?.waitsSince ?? this.#early.waitsSince;
  }

  /** Code outside of programs lives in this simulation from now on; what has waited for one has it. */
  enter(simulation: Simulation): void {
    const realm = new SimulationRealm(simulation);
    this.#ofSimulation = realm;
    this.#early.handOver(realm);
  }
}

/** Before there is a simulation: time stands at its start. */
class Early implements Realm {
  readonly entropy: SeededEntropy;
  readonly nowNs = 0;
  readonly dateMs = defaultStartDateMs;
  readonly timeOriginMs = defaultStartDateMs;
  waitsSince: CallerLine | undefined;
  readonly #waiting = new Set<(realm: Realm) => void>();

  constructor(seed: number | string) {
    this.entropy = SeededEntropy.fromSeed(seed, 'before any simulation');
  }

  callAt(timeNs: number, callback: () => void) {
    this.waitsSince = CallerLine.here();
    let cancel = (): void => void this.#waiting.delete(start);
    const start = (realm: Realm): void => {
      const timer = realm.callAt(timeNs, callback);
      cancel = () => timer.cancel();
    };
    this.#waiting.add(start);
    return { cancel: () => cancel() };
  }

  defer(callback: () => void): void {
    realSetImmediate(callback);
  }

  handOver(realm: Realm): void {
    for (const start of this.#waiting) start(realm);
    this.#waiting.clear();
  }
}
