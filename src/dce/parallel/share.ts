// SPDX-License-Identifier: GPL-2.0-only

/**
 * A worker's share of the simulations of a scenario. Each worker evaluates the same scenario and builds all of
 * every topology, but boots and runs only what is its own; time passes in all of them together, window by window.
 */
import { receiveMessageOnPort } from 'node:worker_threads';
import { LibosError } from '../../errors.js';
import type { Engine } from '../engine.js';
import { Barrier } from './barrier.js';
import { Board } from './board.js';
import { Division, type DividedSimulation } from './division.js';
import { Inbox, Outbox } from './mailbox.js';
import type { ShareRequest } from './request.js';
import { nextWindow, type EndReason, type Standing } from './window.js';

/** What a run asks of its simulation. */
export interface SharedRun {
  readonly simulation: DividedSimulation;
  readonly engine: Engine;
  /** When it ends at the latest. */
  readonly endNs: number;
  /** How many programs of this worker it waits for: it ends when there are none in any worker. */
  readonly unfinished: (() => number) | undefined;
  /** Whether something has failed here, with which the run ends. */
  readonly hasFailed: () => boolean;
  /** Takes what the engine has thrown; `hasFailed` says so afterwards. */
  readonly onThrow: (error: unknown) => void;
}

/** How a run ended. When something failed: when, and in which worker first. */
export interface SharedEnd {
  readonly why: EndReason;
  readonly timeNs: number;
}

/** @internal */
export interface ShareOptions {
  /** Hears what a topology does not allow. Worker 0 only. */
  readonly onWarning?: (text: string) => void;
}

/** @internal */
export class WorkerShare {
  /** From 0. */
  readonly worker: number;
  readonly workers: number;
  readonly #request: ShareRequest;
  readonly #options: ShareOptions;
  readonly #barrier: Barrier;
  readonly #board: Board;
  readonly #outboxes: readonly (Outbox | undefined)[];
  readonly #inboxes: readonly (Inbox | undefined)[];
  readonly #divisions = new WeakMap<DividedSimulation, Division>();
  /** By worker: when the first of the frames arrives that have been sent to it in this window. */
  readonly #firstArrivalsNs: Float64Array;
  #windows = 0;
  #hasLeft = false;

  constructor(request: ShareRequest, options: ShareOptions = {}) {
    const { worker, workers, barrier, board, peers, spins } = request;
    this.worker = worker;
    this.workers = workers;
    this.#request = request;
    this.#options = options;
    this.#barrier = new Barrier(new Int32Array(barrier), workers, spins);
    this.#board = new Board(board, workers);
    this.#outboxes = peers.map((ports) => ports && new Outbox(ports.out));
    this.#inboxes = peers.map((ports) => ports && new Inbox(ports.in));
    this.#firstArrivalsNs = new Float64Array(workers).fill(Infinity);
  }

  /** Windows so far: how often workers have waited for each other. */
  get windowCount(): number {
    return this.#windows;
  }

  /** What is whose in a simulation. */
  divisionOf(simulation: DividedSimulation): Division {
    let division = this.#divisions.get(simulation);
    if (!division) {
      division = new Division(simulation, this, (to, ...frame) => {
        const [, arrivalNs] = frame;
        const firsts = this.#firstArrivalsNs;
        if (arrivalNs < firsts[to]!) firsts[to] = arrivalNs;
        this.#outboxes[to]!.put(...frame);
      });
      this.#divisions.set(simulation, division);
    }
    return division;
  }

  /** For divisions. */
  warn(text: string): void {
    if (this.worker === 0) this.#options.onWarning?.(text);
  }

  /** Lets time pass in all workers. Errors: another worker has left, or all were ended. */
  async advance(run: SharedRun): Promise<SharedEnd> {
    const { engine } = run;
    return engine.drive(() => this.#advance(run, engine));
  }

  async #advance(run: SharedRun, engine: Engine): Promise<SharedEnd> {
    const { unfinished, hasFailed } = run;
    const division = this.divisionOf(run.simulation);
    const goal = { endNs: run.endNs, byPrograms: unfinished !== undefined };
    const startNs = engine.nowNs;
    let endedNs = startNs;
    let before = unfinished?.() ?? 0;
    let failedNs = Infinity;
    // What the scenario has done since the last run, programs have not heard of yet.
    let lastNs = startNs;
    let lookaheads = division.lookaheads();
    let scenarioNs = Infinity;
    for (;;) {
      const stop = (): boolean => hasFailed() || (before > 0 && unfinished?.() === 0);
      if (failedNs === Infinity) {
        try {
          await engine.advance(lastNs, stop, { pauses: false });
        } catch (error) {
          run.onThrow(error);
        }
        if (hasFailed()) failedNs = engine.nowNs;
      }
      const left = unfinished?.() ?? 0;
      if (before > 0 && left === 0) endedNs = engine.nowNs;
      before = left;
      const standings = this.#meet(division, {
        nextNs: failedNs < Infinity ? Infinity : engine.nextTimeNs,
        lastNs: engine.nowNs,
        unfinished: left,
        endedNs,
        failedNs,
        scenarioNs: engine.nextCallbackNs,
        pauseNs: engine.nextPauseNs,
      });
      // What the scenario did in the window may have changed links, in all workers alike.
      if (scenarioNs <= lastNs) lookaheads = division.lookaheads();
      scenarioNs = Math.min(...standings.map((standing) => standing.scenarioNs));
      const verdict = nextWindow(standings, lookaheads, goal, this.worker);
      if (verdict.kind === 'end') {
        if (verdict.timeNs > engine.nowNs) engine.moveTo(verdict.timeNs);
        return verdict;
      }
      if (verdict.kind === 'pause') {
        lastNs = verdict.timeNs;
        scenarioNs = lastNs;
        // One at a time: what it changes may end the run before the next.
        this.#pause(run, lastNs);
      } else lastNs = verdict.lastNs;
    }
  }

  #pause({ engine, onThrow }: SharedRun, timeNs: number): void {
    try {
      engine.pause(timeNs);
    } catch (error) {
      onThrow(error);
    }
  }

  /** Between two windows: says how this worker stands, hears of the others, and takes what they have sent. */
  #meet(division: Division, standing: Standing): Standing[] {
    this.#board.write(this.worker, standing, this.#firstArrivalsNs);
    this.#firstArrivalsNs.fill(Infinity);
    this.#pass();
    this.#windows++;
    const standings = this.#board.read();
    for (const outbox of this.#outboxes) outbox?.turn();
    // From worker to worker in order, though it does not matter: each direction's frames come from one.
    for (const inbox of this.#inboxes) inbox?.drain(division.accept);
    return standings;
  }

  /**
   * Gives each worker what each has: element by worker. Context: between runs, in the same order in all workers.
   * Errors: it can't be cloned.
   */
  exchange<T>(mine: T): T[] {
    const { peers } = this.#request;
    for (const ports of peers) ports?.talk.postMessage(mine);
    this.#pass();
    return peers.map((ports) => {
      if (!ports) return mine;
      const received = receiveMessageOnPort(ports.talk) as { readonly message: T } | undefined;
      if (!received) throw new Error('share: a worker has said nothing');
      return received.message;
    });
  }

  /** This worker's scenario has ended. Others that wait for it get an error. */
  leave(): void {
    if (this.#hasLeft) return;
    this.#hasLeft = true;
    this.#barrier.leave(this.worker);
    for (const ports of this.#request.peers) {
      for (const port of ports ? [ports.out, ports.in, ports.talk] : []) port.close();
    }
  }

  #pass(): void {
    if (this.#hasLeft) throw new LibosError('ERR_LIBOS_WORKERS', 'the scenario has ended');
    this.#board.setWaiting(this.worker, true);
    try {
      this.#barrier.pass();
    } finally {
      this.#board.setWaiting(this.worker, false);
    }
  }
}
