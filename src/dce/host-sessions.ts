// SPDX-License-Identifier: GPL-2.0-only

/**
 * Who uses a host's kernel, from one boot on: the host's own POSIX side, and one for each program with a session
 * of its own, so that what a program was told can be told again.
 */
import { LibosError } from '../errors.js';
import type { HostedKernel } from '../kernel/index.js';
import { PosixHost, type DataModel, type PosixHostState } from '../posix/index.js';
import {
  PortHub,
  ProgramSession,
  type PortHubState,
  type SessionMark,
} from '../posix/recording/index.js';
import type { Engine } from './engine.js';
import type { HostClock } from './host-clock.js';
import type { HostTimers } from './host-timers.js';
import type { Program } from './program.js';

export interface SessionsWorld {
  readonly hostName: string;
  /** The kernel's. */
  readonly model: DataModel;
  readonly engine: Engine;
  readonly clock: HostClock;
  readonly timers: HostTimers;
  /** Whether programs' calls are logged, so that snapshots can be taken while they run. */
  readonly recorded: boolean;
  /** A program has been woken or has asked for something. */
  progressed(): void;
  /** The address of a host by its name. */
  resolve(name: string): string;
}

/** A program of a host with all that it does on it. */
export interface OpenProgram {
  readonly session: ProgramSession;
  readonly posix: PosixHost;
}

/** Cloneable, but for the logs that marks point into. */
export interface HostSessionsState {
  readonly posix: PosixHostState;
  readonly nextTimerKey: number;
  readonly hub: PortHubState;
  /** By program number. */
  readonly marks: readonly (readonly [number: number, mark: SessionMark])[];
}

/** The owner of the host's own side; programs are one more than their number. */
const hostOwner = 0;

export class HostSessions {
  readonly posix: PosixHost;
  readonly #world: SessionsWorld;
  readonly #hub: PortHub;
  readonly #own: ProgramSession;
  readonly #programs = new Map<Program, OpenProgram>();

  constructor(kernel: HostedKernel, world: SessionsWorld) {
    this.#world = world;
    this.#hub = new PortHub(kernel);
    this.#own = this.#open(hostOwner, { name: world.hostName, recorded: false });
    this.posix = this.#createPosix(this.#own);
  }

  /** Gives a program its side of the host; `from` lets it run again up to there. */
  open(program: Program, from?: SessionMark): OpenProgram {
    const { recorded } = this.#world;
    const options = { name: `program ${program.label}`, recorded, ...(from ? { from } : {}) };
    const session = this.#open(program.number + 1, options);
    const opened = { session, posix: this.#createPosix(session) };
    this.#programs.set(program, opened);
    return opened;
  }

  /** The program has ended: so do its processes. */
  close(program: Program): void {
    const opened = this.#programs.get(program);
    if (!opened) return;
    this.#programs.delete(program);
    // A program that failed while it was run again has no processes; the kernel is somebody else's yet.
    if (!opened.session.isRerunning) opened.posix.close();
    opened.session.end();
    this.#world.timers.close(program.number + 1);
    this.#hub.close(program.number + 1);
  }

  /** The kernel is dead: nobody is called any more. */
  kernelDied(error: Error): void {
    for (const { posix } of this.#programs.values()) posix.kernelDied(error);
    this.posix.kernelDied(error);
  }

  /** The host goes on with another kernel: whoever still holds something of this one is told why. */
  retire(reason: Error): void {
    this.#hub.retire(reason);
    for (const { session } of this.#programs.values()) session.end();
    this.#programs.clear();
  }

  /** What the logs take in memory. */
  get logBytes(): number {
    let sum = 0;
    for (const { session } of this.#programs.values()) sum += session.logBytes;
    return sum;
  }

  /** Where programs that were run again have written into the kernel's memory: pairs of address and length. */
  get argumentRanges(): readonly (readonly [address: number, sizeBytes: number])[] {
    return [...this.#programs.values()].flatMap(({ session }) => [...session.argumentRanges]);
  }

  /** Context: nothing is deferred, no kernel is in a call. Throws when something cannot be brought back. */
  saveState(): HostSessionsState {
    const { hostName } = this.#world;
    if (this.posix.waitCount > 0 || this.#own.timerCount > 0) {
      throw new LibosError(
        'ERR_LIBOS_SNAPSHOT',
        `${hostName}: somebody waits in a call that no program made`,
        { hint: 'a snapshot brings programs back: wait inside of host.run' },
      );
    }
    return {
      posix: this.posix.saveState(),
      nextTimerKey: this.#own.nextKey,
      hub: this.#hub.saveState(),
      marks: [...this.#programs].map(([program, { session }]) => [
        program.number,
        markOf(session, program),
      ]),
    };
  }

  /** Context: the programs of the state are open; the kernel is what it was. */
  restoreState(state: HostSessionsState): void {
    this.#hub.refusal = undefined;
    this.#hub.restoreState(state.hub);
    this.#own.nextKey = state.nextTimerKey;
    this.posix.restoreState(state.posix);
  }

  /** While programs are run again, calls of anybody else would be made twice. */
  refuseOthers(): void {
    this.#hub.refusal = new LibosError(
      'ERR_LIBOS_DIVERGED',
      `${this.#world.hostName}: a program that is run again calls the host from outside`,
      { hint: 'inside a program use the os that it is given, not the simulation’s hosts' },
    );
  }

  #createPosix({ port, time }: ProgramSession): PosixHost {
    const posix = new PosixHost(port, time, this.#world.model);
    posix.lookUp = (name) => this.#world.resolve(name);
    return posix;
  }

  #open(
    owner: number,
    options: { name: string; recorded: boolean; from?: SessionMark },
  ): ProgramSession {
    const world = this.#world;
    const { engine, clock, timers } = world;
    const session = new ProgramSession({
      ...options,
      port: this.#hub.open(owner),
      driver: {
        get nowNs() {
          return engine.nowNs;
        },
        get hostNowNs() {
          return clock.nowNs;
        },
        get turn() {
          return engine.turn;
        },
        schedule: (timeNs, key) => timers.schedule(owner, key, timeNs),
        cancel: (key) => timers.cancel(owner, key),
        defer: (callback) => {
          world.progressed();
          engine.defer(callback);
        },
      },
    });
    timers.open(owner, (key) => {
      world.progressed();
      session.fire(key);
    });
    return session;
  }
}

function markOf(session: ProgramSession, program: Program): SessionMark {
  const mark = session.mark();
  if (mark) return mark;
  throw new LibosError(
    'ERR_LIBOS_SNAPSHOT',
    `${program.label} (${program.location}) is running, and its calls are not logged`,
    { hint: 'make the simulation with new Simulation({ snapshots: true })' },
  );
}
