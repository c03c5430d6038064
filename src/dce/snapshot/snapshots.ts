// SPDX-License-Identifier: GPL-2.0-only

/**
 * Takes snapshots of a simulation, puts it back to them, and makes forks: new simulations, built by the same steps
 * as the first and then put to the snapshot's moment.
 */
import { LibosError } from '../../errors.js';
import type { Link, Medium } from '../../link/index.js';
import type { EnginePlace, EngineState, Pause } from '../engine.js';
import { scenarioError } from '../caller-line.js';
import { currentProgram, Program } from '../program.js';
import { watchRejections } from '../rejections.js';
import { SimulatedHost } from '../simulated-host.js';
import type { Simulation } from '../simulation.js';
import type { Streams } from '../streams.js';
import { rerun } from './rerun.js';
import { checkParts, Snapshot, type ForkOptions } from './snapshot.js';

/** What a fork can have its own of. */
export type SimulationPart = SimulatedHost | Link | Medium | Program;

/** What snapshots ask of their simulation, beside what all can see of it. */
export interface SnapshotWorld {
  readonly simulation: Simulation;
  readonly streams: Streams;
  /** Each worker has its part: there can be no snapshots. */
  readonly inWorkers: boolean;
  /** It goes from island to island: programs keep to their hosts as they do in workers. */
  readonly onIslands: boolean;
  /** A simulation without parts, otherwise like this one. */
  createEmpty(): Simulation;
}

interface BuildStep {
  readonly place: EnginePlace;
  readonly build: (simulation: Simulation) => void;
}

/** A callback of `sim.at`. */
export type AtCallback = (simulation: Simulation) => void;

export class Snapshots {
  readonly #world: SnapshotWorld;
  readonly #steps: BuildStep[] = [];
  readonly #callbacks = new WeakMap<Pause, { callback: AtCallback; location: string }>();
  /** What this one is a fork of. */
  #origin: Simulation | undefined;
  /** The version of the topology that hosts have been set up for. */
  settledVersion = -1;
  #busy = false;
  #broken: LibosError | undefined;

  constructor(world: SnapshotWorld) {
    this.#world = world;
  }

  /** Takes a step of building that a fork takes too, in the same order and with the same places. */
  build<T>(build: (simulation: Simulation) => T): T {
    const { simulation } = this.#world;
    const step = { place: simulation.engine.place, build };
    const built = build(simulation);
    this.#steps.push(step);
    return built;
  }

  /** Throws when time cannot pass: while it goes back, and when it could not. */
  check(): void {
    if (this.#broken) throw this.#broken;
    if (!this.#busy) return;
    throw new LibosError('ERR_LIBOS_RUNNING', 'the simulation is going back to a snapshot', {
      hint: 'await sim.restore(…) before the next run',
    });
  }

  /**
   * Whether the code that asks may change the simulation: a program that is run again has done so before, and one of
   * another simulation, as of a fork, must not. `host`: it is this host that is to be changed.
   */
  mayChange(host?: SimulatedHost): boolean {
    const program = currentProgram();
    if (!program) return true;
    const { inWorkers, onIslands } = this.#world;
    if ((inWorkers || onIslands) && host !== program.host) {
      throw scenarioError(
        inWorkers ? 'ERR_LIBOS_WORKERS' : 'ERR_LIBOS_ISOLATED',
        `${program.label} changes more than its host: ${inWorkers ? 'with several workers only its own would notice' : 'with isolatedHosts it may be another time elsewhere'}`,
        { hint: 'change it outside of programs: between runs, or in sim.at(time, callback)' },
      );
    }
    if (program.replaying) return false;
    if (program.host.simulation === this.#world.simulation) return true;
    throw new LibosError(
      'ERR_LIBOS_FORK',
      `${program.label} is a program of a fork and reaches into the first simulation`,
      {
        hint: 'change a simulation from outside of its programs: sim.at(time, (sim) => …), sim.faults',
      },
    );
  }

  /** Calls back between two moments; in a fork it is called again, with the fork. */
  at(timeNs: number, callback: AtCallback, location: string): Pause {
    const { simulation } = this.#world;
    const pause = simulation.engine.pauseAt(timeNs, () => callback(simulation));
    this.#callbacks.set(pause, { callback, location });
    return pause;
  }

  take(): Snapshot {
    const { simulation, streams, inWorkers } = this.#world;
    if (inWorkers) throw refused('a simulation in several workers has no snapshots yet', 'use one');
    this.#checkOutside('a snapshot is taken');
    this.check();
    if (!simulation.engine.settleKernels()) {
      throw refused(
        'there is something under way at this moment',
        'take snapshots between runs, or in sim.at(time, callback); await sim.run(0) lets a moment end',
      );
    }
    const { hosts, links, media } = simulation.topology;
    const named = (part: Link | Medium) => ({ name: part.name, state: part.saveState() });
    return new Snapshot(simulation, {
      hosts: hosts.map(saveHost),
      links: links.map((link) => ({ ...named(link), rules: rulesOf(link) })),
      media: media.map(named),
      frames: simulation.frames.saveState(),
      reports: simulation.reports.saveState(),
      observation: simulation.observation.saveState(),
      faults: simulation.faults.saveState(),
      streams: streams.saveState(),
      settledVersion: this.settledVersion,
      steps: this.#steps.length,
      engine: simulation.engine.saveState(),
    });
  }

  /** Puts the simulation back. Programs that run now are given up; those that ran then are run again. */
  async restore(snapshot: Snapshot): Promise<void> {
    this.#checkOutside('a simulation goes back');
    if (this.#world.simulation.running) {
      throw refused('time is passing', 'await the run before the restore');
    }
    if (this.#busy) this.check();
    checkParts(snapshot, this.#world.simulation);
    this.#broken = undefined;
    await this.#load(snapshot);
  }

  async fork(snapshot: Snapshot, { seed }: ForkOptions): Promise<Simulation> {
    this.#checkOutside('a simulation is forked');
    const fork = this.#world.createEmpty();
    await fork.snapshots.#become(snapshot);
    if (seed !== undefined) fork.snapshots.#reseed(seed);
    return fork;
  }

  /** The part here that is what `part` is in its own simulation. */
  counterpart<T extends SimulationPart>(part: T): T {
    for (const relative of this.#lineage()) {
      const found = find(relative, this.#world.simulation, part);
      // It is the same kind of part.
      if (found) return found as T;
    }
    throw new LibosError(
      'ERR_LIBOS_COUNTERPART',
      `there is no counterpart of ${part instanceof Program ? part.label : part.name} here`,
      { hint: 'a fork has what its snapshot had' },
    );
  }

  async #become(snapshot: Snapshot): Promise<void> {
    const { simulation } = this.#world;
    const { contents } = snapshot;
    const { place, pauses } = contents.engine;
    const origin = snapshot.simulation.snapshots;
    this.#origin = snapshot.simulation;
    for (const step of origin.#steps.slice(0, contents.steps)) {
      simulation.engine.skipTo(step.place);
      this.build(step.build);
    }
    simulation.engine.skipTo(place);
    checkParts(snapshot, simulation);
    const callbacks = pauses.map((pause) => origin.#callbackOf(pause));
    await this.#load(snapshot);
    for (const [index, link] of simulation.links.entries()) {
      if (rulesOf(link) !== contents.links[index]!.rules) throw rulesLeft(link);
    }
    for (const [index, { callback, location }] of callbacks.entries()) {
      this.at(pauses[index]!.timeNs, callback, location);
    }
  }

  #callbackOf(pause: Pause): { callback: AtCallback; location: string } {
    const known = this.#callbacks.get(pause)!;
    if (known.callback.length > 0) return known;
    throw new LibosError(
      'ERR_LIBOS_FORK',
      `a callback of sim.at is to come (${known.location}), and would reach into the first simulation`,
      { hint: 'write sim.at(time, (sim) => …) and use sim.counterpart(…) of what it is about' },
    );
  }

  async #load(snapshot: Snapshot): Promise<void> {
    const { simulation, streams } = this.#world;
    const { contents } = snapshot;
    const { hosts, links, media } = simulation.topology;
    const { engine } = simulation;
    this.#busy = true;
    const watch = watchRejections();
    try {
      // Those of hosts and links are theirs to restore; programs that are run again open theirs anew.
      if (snapshot.simulation === simulation) streams.restoreState(contents.streams);
      simulation.faults.withdraw();
      for (const [index, host] of hosts.entries()) host.restorePrograms(contents.hosts[index]!);
      const sessions = hosts.flatMap((host, index) =>
        host.beginRestore(contents.hosts[index]!, hosts),
      );
      await rerun(sessions, {
        setNowNs: (timeNs) => engine.clock.reset(timeNs),
        turn: () => engine.giveTurn(),
      });
      for (const [index, host] of hosts.entries()) host.endRestore(contents.hosts[index]!);
      simulation.frames.restoreState(contents.frames);
      // Links first: a medium hears of carriers that come and go with it.
      for (const [index, link] of links.entries()) link.restoreState(contents.links[index]!.state);
      for (const [index, medium] of media.entries()) {
        medium.restoreState(contents.media[index]!.state);
      }
      simulation.reports.restoreState(contents.reports as never);
      simulation.observation.restoreState(contents.observation);
      this.settledVersion = contents.settledVersion;
      const isOwn = snapshot.simulation === simulation;
      engine.restoreState(isOwn ? contents.engine : withoutCallbacks(contents.engine));
      simulation.faults.restoreState(contents.faults);
    } catch (cause) {
      this.#broken = new LibosError(
        'ERR_LIBOS_BROKEN',
        'the simulation could not be put back to a snapshot, and is in no state to go on',
        { cause, hint: 'see the error of the restore; another snapshot may still do' },
      );
      throw cause;
    } finally {
      this.#busy = false;
      watch[Symbol.dispose]();
    }
  }

  #reseed(seed: number | string): void {
    this.#world.streams.reseed(seed);
    for (const host of this.#world.simulation.topology.hosts) {
      if (host.state === 'up') host.kernel.reseed();
    }
  }

  /** This simulation, what it is a fork of, and so on. */
  *#lineage(): Generator<Simulation> {
    for (
      let relative: Simulation | undefined = this.#world.simulation;
      relative;
      relative = relative.snapshots.#origin
    ) {
      yield relative;
    }
  }

  #checkOutside(what: string): void {
    const program = currentProgram();
    if (!program) return;
    throw refused(
      `${program.label} is a program, and ${what} outside of all programs`,
      'take snapshots between runs, or in sim.at(time, callback)',
    );
  }
}

function saveHost(host: SimulatedHost): ReturnType<SimulatedHost['saveState']> {
  try {
    return host.saveState();
  } catch (cause) {
    if (cause instanceof LibosError && cause.code === 'ERR_LIBOS_SNAPSHOT') throw cause;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new LibosError('ERR_LIBOS_SNAPSHOT', `${host.name} cannot be saved: ${why}`, { cause });
  }
}

const rulesOf = ({ directions }: Link): number =>
  directions.reduce((sum, { ruleCount }) => sum + ruleCount, 0);

function rulesLeft({ name }: Link): LibosError {
  return new LibosError(
    'ERR_LIBOS_FORK',
    `the link ${name} has rules that were added with rule(…), and would be without them in a fork`,
    { hint: 'dispose of them before the snapshot; sim.faults and loss: (frame) => … go along' },
  );
}

/** Callbacks reach into the simulation that they were made for. */
function withoutCallbacks(state: EngineState): EngineState {
  return { ...state, callbacks: { ...state.callbacks, entries: [] }, pauses: [] };
}

function refused(why: string, hint: string): LibosError {
  return new LibosError('ERR_LIBOS_SNAPSHOT', why, { hint });
}

/** What is in `here` at the place that `part` has in `there`. */
function find(
  there: Simulation,
  here: Simulation,
  part: SimulationPart,
): SimulationPart | undefined {
  if (part instanceof SimulatedHost) {
    return there.topology.hosts[part.index] === part ? here.topology.hosts[part.index] : undefined;
  }
  if (part instanceof Program) {
    const host = find(there, here, part.host);
    return host instanceof SimulatedHost ? host.programs[part.number] : undefined;
  }
  const link = there.links.indexOf(part as Link);
  if (link >= 0) return here.links[link];
  const medium = there.topology.media.indexOf(part as Medium);
  return medium >= 0 ? here.topology.media[medium] : undefined;
}
