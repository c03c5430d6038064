// SPDX-License-Identifier: GPL-2.0-only

/**
 * Lets time pass on one island after the other, each for a long stretch, before the next has its turn: a kernel
 * that is called again soon finds its data in the processor's caches. What the scenario itself does, and what is
 * sampled of all islands, happens at one moment of all of them, as if they had never been apart.
 */
import { LibosError } from '../../errors.js';
import type { Engine } from '../engine.js';
import { EventQueue } from '../event-queue.js';
import { allIslands } from '../part-scheduler.js';
import type { Failure } from '../parallel/news.js';
import type { IslandMap } from './island-map.js';

export interface IslandWorld {
  readonly engine: Engine;
  readonly map: IslandMap;
  /** False: somebody watches all islands at once and wants to see things in the order of time. */
  mayPart(): boolean;
  /** Lines of the log come in any order while it is held. */
  holdLog(held: boolean): void;
  /** What has failed in this run. */
  failures(): readonly Failure[];
  /** Takes what the engine has thrown, into `failures`. */
  engineFailed(error: unknown): void;
}

/** What a run waits for that ends when programs have: those that have not. */
export interface Unfinished {
  readonly all: () => number;
  readonly onIsland: (island: number) => number;
}

interface Island {
  readonly number: number;
  readonly queue: EventQueue;
  /** Where it is. */
  nowNs: number;
  failed: boolean;
}

/** Room for events of an island at first. */
const eventsOfIsland = 32;
/** Events of an island in one turn: so many that it pays, and so few that hundreds of others wait for seconds only. */
const eventsWantedMin = 2000;
const eventsWantedMax = 8000;
const turnNsFirst = 100e6;
const turnNsMin = 1000;
const turnNsMax = 60e9;

export class IslandRuns {
  readonly #world: IslandWorld;
  readonly #islands: Island[] = [];
  /** Those of no island. */
  readonly #common = new EventQueue(eventsOfIsland);
  /** How long a turn is, in virtual time. */
  #turnNs = turnNsFirst;
  #turns = 0;
  /** When all had their turn last. */
  #startNs = 0;
  #ended: LibosError | undefined;

  constructor(world: IslandWorld) {
    this.#world = world;
  }

  /** How often an island has had its turn. */
  get turnCount(): number {
    return this.#turns;
  }

  /** Context: before a run. Errors: one has failed in the middle of a turn. */
  check(): void {
    if (this.#ended) throw this.#ended;
  }

  /** The simulation has been put back to where nothing had failed. */
  restored(): void {
    this.#ended = undefined;
  }

  /** As engine.run(); what has failed is in `failures`. */
  async run(endNs: number, unfinished?: Unfinished): Promise<void> {
    const { engine, map } = this.#world;
    const stop = (): boolean => this.#world.failures().length > 0 || unfinished?.all() === 0;
    await engine.drive(async () => {
      // Programs have not heard yet of what the scenario has done since the last run.
      let stopped = await engine.advance(engine.nowNs, stop);
      for (let left = true; left && !stopped;) {
        const apart = map.count() > 1 && this.#world.mayPart();
        if (apart && (await this.#together(map.count(), endNs, unfinished))) return;
        // Now a moment of all; or, where nothing is apart, all up to where the scenario may change that.
        const nextNs = Math.min(apart ? engine.nextTimeNs : endNs, engine.nextPauseNs);
        left = apart ? nextNs <= endNs : engine.nextPauseNs <= endNs;
        if (left || !apart) stopped = await engine.advance(nextNs, stop);
      }
      if (!stopped) engine.moveTo(endNs);
    });
  }

  /** A turn for each island, as far as none of them needs the others; whether the run has ended in it. */
  async #together(
    count: number,
    endNs: number,
    unfinished: Unfinished | undefined,
  ): Promise<boolean> {
    const { engine } = this.#world;
    const startNs = engine.nowNs;
    const whole = this.#part(count);
    const turnEndNs = startNs + this.#turnNs;
    const othersNs = Math.min(endNs, engine.nextPauseNs, this.#common.nextTimeNs - 1);
    const lastNs = Math.min(othersNs, turnEndNs);
    if (lastNs <= startNs) {
      this.#join(whole, startNs);
      return false;
    }
    const [eventsBefore, turnsBefore] = [engine.eventCount, this.#turns];
    this.#world.holdLog(true);
    const reached = await this.#turnsTo(lastNs, unfinished);
    this.#join(whole, reached.nowNs);
    this.#world.holdLog(false);
    if (lastNs === turnEndNs) {
      this.#adapt((engine.eventCount - eventsBefore) / Math.max(this.#turns - turnsBefore, 1));
    }
    return reached.ended;
  }

  async #turnsTo(
    lastNs: number,
    unfinished: Unfinished | undefined,
  ): Promise<{ readonly nowNs: number; readonly ended: boolean }> {
    let limitNs = lastNs;
    let ended = false;
    // The programs that the run waits for decide how far it goes, so their islands go first.
    if (unfinished) {
      let endedNs = 0;
      for (const island of this.#islands) {
        const isOver = (): boolean => unfinished.onIsland(island.number) === 0;
        if (isOver()) continue;
        const failed = await this.#turn(island, limitNs, isOver);
        if (failed) limitNs = island.nowNs;
        else if (isOver()) endedNs = Math.max(endedNs, island.nowNs);
      }
      ended = unfinished.all() === 0;
      if (ended) limitNs = Math.min(limitNs, endedNs);
    }
    for (const island of this.#islands) {
      if (island.failed || island.queue.nextTimeNs > limitNs) continue;
      if (await this.#turn(island, limitNs, () => false)) limitNs = island.nowNs;
    }
    const failures = this.#world.failures();
    if (failures.length === 0) return { nowNs: limitNs, ended };
    const failedNs = Math.min(...failures.map(({ timeNs }) => timeNs));
    const nowNs = Math.max(...this.#islands.map((island) => island.nowNs));
    if (nowNs > failedNs) this.#ended = wentOn();
    return { nowNs, ended: true };
  }

  /** Whether something has failed in it. */
  async #turn(island: Island, lastNs: number, isOver: () => boolean): Promise<boolean> {
    const { engine } = this.#world;
    const failed = this.#world.failures().length;
    const hasFailed = (): boolean => this.#world.failures().length > failed;
    engine.giveTurnTo(island.number, island.queue, island.nowNs, this.#startNs);
    this.#turns++;
    try {
      await engine.advance(lastNs, () => hasFailed() || isOver(), { pauses: false });
    } catch (error) {
      this.#world.engineFailed(error);
      engine.dropWork();
    }
    island.nowNs = engine.nowNs;
    island.failed = hasFailed();
    return island.failed;
  }

  /** Gives each island its events; returns the queue that had all of them. */
  #part(count: number): EventQueue {
    const { engine } = this.#world;
    // A new link may have made one of two.
    this.#islands.length = Math.min(this.#islands.length, count);
    while (this.#islands.length < count) {
      const queue = new EventQueue(eventsOfIsland);
      this.#islands.push({ number: this.#islands.length, queue, nowNs: 0, failed: false });
    }
    this.#startNs = engine.nowNs;
    for (const island of this.#islands) {
      island.nowNs = engine.nowNs;
      island.failed = false;
    }
    const whole = engine.giveTurnTo(allIslands, this.#common, engine.nowNs);
    whole.moveTo((order) => {
      const island = engine.islandOf(order);
      return island === allIslands ? this.#common : this.#islands[island]!.queue;
    });
    return whole;
  }

  #join(whole: EventQueue, nowNs: number): void {
    for (const { queue } of this.#islands) queue.moveTo(() => whole);
    this.#common.moveTo(() => whole);
    this.#world.engine.giveTurnTo(allIslands, whole, nowNs);
  }

  /** So that turns are neither too short to pay nor too long for whoever watches. */
  #adapt(eventsPerTurn: number): void {
    if (eventsPerTurn < eventsWantedMin) {
      const factor = eventsPerTurn < eventsWantedMin / 4 ? 4 : 2;
      this.#turnNs = Math.min(this.#turnNs * factor, turnNsMax);
    }
    if (eventsPerTurn > eventsWantedMax) {
      this.#turnNs = Math.max(Math.floor(this.#turnNs / 2), turnNsMin);
    }
  }
}

function wentOn(): LibosError {
  return new LibosError(
    'ERR_LIBOS_ISOLATED',
    'the simulation has ended with an error, and some of its hosts had gone further by then',
    { hint: 'make it without isolatedHosts, or go back to a snapshot, to go on after an error' },
  );
}
