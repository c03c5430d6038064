// SPDX-License-Identifier: GPL-2.0-only

/** The runs of a simulation: how far each goes, what ends it, and what it throws then. */
import { KernelPanic } from '../kernel/index.js';
import type { Link } from '../link/index.js';
import { parseDurationNs } from '../units.js';
import { located } from './caller-line.js';
import type { Engine } from './engine.js';
import type { IslandMap } from './islands/island-map.js';
import type { IslandRuns, Unfinished } from './islands/island-runs.js';
import type { Failure } from './parallel/news.js';
import type { SharedRuns } from './parallel/shared-runs.js';
import type { Program } from './program.js';
import { viewPrograms, type ProgramsView } from './programs-view.js';
import { watchRejections } from './rejections.js';
import { engineError, failureOf, stallError, untilReached, type RunReport } from './run-report.js';
import { watchSettled } from './settled.js';
import type { SimulatedHost } from './simulated-host.js';

/** What runs ask of their simulation. */
export interface RunsWorld {
  readonly engine: Engine;
  readonly topology: {
    readonly hosts: readonly SimulatedHost[];
    readonly links: readonly Link[];
  };
  /** No run goes beyond this moment. */
  readonly untilNs: number;
  /** Set when the simulation is in several workers. */
  readonly shared: SharedRuns | undefined;
  /** Set when islands have their turns one after the other. */
  readonly islands: IslandRuns | undefined;
  readonly map: IslandMap;
  /** Time is about to pass until `endNs`. Errors: it can't now. */
  prepare(endNs: number): void;
}

/** How much time passes between looks at whether programs still get on; … */
const lookNs = 60e9;
/** … and after how many looks they never will: TCP gives up on a peer within three hours, keepalives included. */
const patienceLooks = 180;

export class Runs {
  readonly #world: RunsWorld;
  #failures: Failure[] = [];
  /** Grows whenever a program gets on. */
  #progress = 0;

  constructor(world: RunsWorld) {
    this.#world = world;
  }

  /** What has failed in this thread in the run that is under way. */
  get failures(): readonly Failure[] {
    return this.#failures;
  }

  /** A program has been woken or has asked for something. */
  progressed(): void {
    this.#progress++;
  }

  /** Something has failed that nobody waits for: the run ends with it. */
  failed(error: Error): void {
    this.#failures.push({ timeNs: this.#nowNs, error });
  }

  /** Something has been thrown outside of all programs; a kernel that dies is told of by its host. */
  engineFailed(error: unknown): void {
    const panic = error instanceof KernelPanic ? error : undefined;
    const host = this.#world.topology.hosts.find(({ name }) => name === panic?.host);
    if (host) host.kernelDied(panic!);
    else this.failed(engineError(error, this.viewOwn().live));
  }

  /** Programs of this thread. */
  viewOwn(): ProgramsView {
    return viewPrograms(this.#livePrograms(), this.#progress);
  }

  async run(duration?: number | string): Promise<RunReport> {
    const durationNs =
      duration === undefined ? undefined : located(() => parseDurationNs(duration, 'run'));
    const endNs = durationNs === undefined ? Infinity : this.#nowNs + durationNs;
    this.#prepare(endNs, durationNs === undefined ? 'until programs have ended' : 'for a time');
    if (durationNs === undefined) return this.#runPrograms();
    await this.#advance(endNs);
    return this.#report('time');
  }

  async runUntil<T>(
    target: Program<T> | Promise<T>,
    { timeout = '1 h' }: { readonly timeout?: number | string },
  ): Promise<T> {
    const { shared, islands, untilNs } = this.#world;
    const timeoutNs = located(() => parseDurationNs(timeout, 'timeout'));
    const isSettled = watchSettled(
      target,
      shared ? 'with several workers' : islands && 'with isolatedHosts',
    );
    const endNs = this.#nowNs + timeoutNs;
    const what = target instanceof Promise ? 'a promise' : target.label;
    this.#prepare(endNs, `until ${what} has ended`);
    const isHere = target instanceof Promise || target.host.local;
    const all = (): number => (isHere && !isSettled() ? 1 : 0);
    const host = target instanceof Promise ? undefined : target.host;
    await this.#advance(endNs, {
      all,
      onIsland: (island) => (host && this.#world.map.islandOf(host) === island ? all() : 0),
    });
    if (isSettled()) return target instanceof Promise ? target : target.done;
    if (this.#nowNs >= untilNs) throw untilReached(this.#nowNs);
    throw stallError(
      `what was waited for has not happened in ${timeout} of virtual time`,
      this.#view().live.map(({ text }) => text),
    );
  }

  get #nowNs(): number {
    return this.#world.engine.nowNs;
  }

  #prepare(endNs: number, what: string): void {
    this.#world.islands?.check();
    this.#world.prepare(endNs);
    const { hosts, links } = this.#world.topology;
    const size = `${hosts.length} hosts, ${links.length} links`;
    this.#world.shared?.begin(`${what}, ${endNs} ns, ${size}`);
  }

  async #runPrograms(): Promise<RunReport> {
    const unfinished: Unfinished = {
      all: () => this.#livePrograms().length,
      onIsland: (island) => this.#liveOnIsland(island),
    };
    for (let quietLooks = 0; ;) {
      const before = this.#view().progress;
      await this.#advance(this.#nowNs + lookNs, unfinished);
      const { live, progress, waitsForTime } = this.#view();
      if (live.length === 0) return this.#report('ended');
      if (this.#nowNs >= this.#world.untilNs) return this.#report('time');
      quietLooks = progress === before && !waitsForTime ? quietLooks + 1 : 0;
      const restless = live.filter(({ atRest }) => !atRest);
      if (quietLooks > 0 && restless.length === 0) return this.#report('resting');
      if (quietLooks < patienceLooks) continue;
      throw stallError(
        'nothing can happen any more, and not all programs have ended',
        restless.map(({ text }) => text),
      );
    }
  }

  /**
   * Lets time pass, until the moment in which no program is unfinished if that is asked for; what has failed in
   * it, or before, is thrown.
   */
  async #advance(endNs: number, unfinished?: Unfinished): Promise<void> {
    const { shared, islands, untilNs } = this.#world;
    const watch = watchRejections();
    const lastNs = Math.min(endNs, Math.max(untilNs, this.#nowNs));
    let failures: readonly Failure[];
    try {
      if (shared) failures = await shared.advance(lastNs, unfinished?.all);
      else failures = await this.#advanceAlone(lastNs, unfinished, islands);
    } finally {
      watch[Symbol.dispose]();
    }
    this.#failures = [];
    if (failures.length > 0) throw failureOf(failures.map(({ error }) => error));
  }

  async #advanceAlone(
    lastNs: number,
    unfinished: Unfinished | undefined,
    islands: IslandRuns | undefined,
  ): Promise<readonly Failure[]> {
    const { engine } = this.#world;
    try {
      if (islands) await islands.run(lastNs, unfinished);
      // Looked at when programs have run: an outcome that is asked for by then is somebody's to handle.
      else await engine.run(lastNs, () => this.#failures.length > 0 || unfinished?.all() === 0);
    } catch (error) {
      this.engineFailed(error);
    }
    // On islands something may have failed later that was seen earlier.
    const firstNs = Math.min(...this.#failures.map(({ timeNs }) => timeNs));
    return this.#failures.filter(({ timeNs }) => timeNs === firstNs);
  }

  /** Programs of all workers that have not ended. */
  #view(): ProgramsView {
    return this.#world.shared?.view ?? this.viewOwn();
  }

  /** Those of this thread. */
  #livePrograms(): readonly Program[] {
    return this.#world.topology.hosts.flatMap((host) => [...host.livePrograms]);
  }

  #liveOnIsland(island: number): number {
    let count = 0;
    for (const { livePrograms } of this.#world.map.hostsOn(island)) count += livePrograms.size;
    return count;
  }

  #report(reason: RunReport['reason']): RunReport {
    const waiting = this.#view().live.map(({ text }) => text);
    return { reason, nowNs: this.#nowNs, waiting };
  }
}
