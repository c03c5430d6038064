// SPDX-License-Identifier: GPL-2.0-only

/** The runs of a simulation that is in several workers: they begin alike, end alike, and all know of all then. */
import { LibosError } from '../../errors.js';
import type { Engine } from '../engine.js';
import type { ProgramsView } from '../programs-view.js';
import type { DividedSimulation, Division } from './division.js';
import { NewsDesk, type Failure, type NewsWorld } from './news.js';
import type { WorkerShare } from './share.js';

/** What shared runs ask of their simulation. */
export interface SharedWorld extends DividedSimulation, Omit<NewsWorld, 'topology'> {
  readonly engine: Engine;
  /** What has failed in this worker. */
  failures(): readonly Failure[];
  /** Programs of this worker. */
  view(): ProgramsView;
  /** Takes what the engine has thrown, into `failures`. */
  engineFailed(error: unknown): void;
}

export class SharedRuns {
  readonly #share: WorkerShare;
  readonly #world: SharedWorld;
  readonly #division: Division;
  readonly #news: NewsDesk;
  #view: ProgramsView = { live: [], progress: 0, waitsForTime: false };
  #runs = 0;
  #hasFailed = false;

  constructor(share: WorkerShare, world: SharedWorld) {
    this.#share = share;
    this.#world = world;
    this.#division = share.divisionOf(world);
    this.#news = new NewsDesk(world, this.#division, share.worker);
    // From now on it keeps what is said until all workers have it.
    world.observation.takePart();
  }

  /** Programs of all workers, as of the last run's beginning or end. */
  get view(): ProgramsView {
    return this.#view;
  }

  /** What is whose. */
  get division(): Division {
    return this.#division;
  }

  /**
   * A run begins. `what` says which, and must be the same in all workers. Errors: it is not; a run has failed
   * before.
   */
  begin(what: string): void {
    if (this.#hasFailed) {
      throw new LibosError('ERR_LIBOS_WORKERS', 'the simulation has ended with an error', {
        hint: 'with several workers nothing goes on after one',
      });
    }
    const mine = { what: `run ${this.#runs++} ${what}`, progress: this.#world.view().progress };
    const all = this.#share.exchange(mine);
    for (const [worker, theirs] of all.entries()) {
      if (theirs.what === mine.what) continue;
      throw new LibosError(
        'ERR_LIBOS_WORKERS',
        `worker ${this.#share.worker} does ${mine.what} of the scenario, but worker ${worker} does ${theirs.what}`,
        {
          hint: 'every worker evaluates the scenario: what it does may depend on results, reports and virtual time, not on what its programs have left in its variables',
        },
      );
    }
    const progress = all.reduce((sum, { progress: each }) => sum + each, 0);
    this.#view = { ...this.#view, progress };
  }

  /** Lets time pass, to the end of a run or a part of it; returns what has failed first, in whatever worker. */
  async advance(
    endNs: number,
    unfinished: (() => number) | undefined,
  ): Promise<readonly Failure[]> {
    const world = this.#world;
    await this.#share.advance({
      simulation: world,
      engine: world.engine,
      endNs,
      unfinished,
      hasFailed: () => world.failures().length > 0,
      onThrow: (error) => world.engineFailed(error),
    });
    const own = [...world.failures()];
    const news = this.#news.take(own, world.view());
    const { failures, view } = this.#news.merge(this.#share.exchange(news), own);
    this.#view = view;
    this.#hasFailed = failures.length > 0;
    return failures;
  }
}
