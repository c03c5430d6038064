// SPDX-License-Identifier: GPL-2.0-only

/**
 * Several threads that evaluate the same scenario, each with a share of its hosts, as if they were one. The first
 * one's output is the scenario's: the others say the same.
 */
import { rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import {
  abortShares,
  createShares,
  isWaiting,
  transferOf,
  type ShareRequest,
} from '../../dce/index.js';
import { mergeCaptures } from '../../link/index.js';
import type { ThreadPlace } from '../inspect-thread.js';
import type {
  CapturePart,
  ProgramSummary,
  ScenarioMessage,
  ScenarioOutcome,
  ScenarioRequest,
  SimulationSummary,
} from '../request.js';
import { createHeartbeat, ScenarioThread, type Progress, type ScenarioRunner } from '../thread.js';

interface Member {
  readonly share: ShareRequest;
  readonly thread: ScenarioThread;
}

export class ScenarioTeam implements ScenarioRunner {
  readonly outcome: Promise<ScenarioOutcome>;
  readonly #members: readonly Member[];

  /** Errors: an impossible number of workers. */
  constructor(
    request: ScenarioRequest,
    workers: number,
    onMessage: (message: ScenarioMessage) => void,
  ) {
    this.#members = createShares(workers, availableParallelism()).map((share) => {
      const isFirst = share.worker === 0;
      const own: ScenarioRequest = {
        ...request,
        log: request.log && isFirst,
        heartbeat: createHeartbeat(),
        share,
      };
      const hear = isFirst ? onMessage : () => undefined;
      return { share, thread: new ScenarioThread(own, hear, transferOf(share)) };
    });
    this.outcome = this.#join();
  }

  /** The slowest one's time, and what all have done together. */
  get progress(): Progress {
    const all = this.#members.map(({ thread }) => thread.progress);
    return {
      nowNs: Math.min(...all.map(({ nowNs }) => nowNs)),
      events: all.reduce((sum, { events }) => sum + events, 0),
      life: all.reduce((sum, { life }) => sum + life, 0),
    };
  }

  interrupt(): void {
    for (const { thread } of this.#members) thread.interrupt();
  }

  /** Where that one is for which the others wait. */
  async place(): Promise<ThreadPlace | undefined> {
    const busy = this.#members.find(({ share }) => !isWaiting(share)) ?? this.#members[0]!;
    return busy.thread.place();
  }

  async terminate(): Promise<void> {
    this.#abort();
    await Promise.all(this.#members.map(({ thread }) => thread.terminate()));
  }

  #abort(): void {
    abortShares(this.#members[0]!.share);
  }

  async #join(): Promise<ScenarioOutcome> {
    const settled = await Promise.allSettled(
      this.#members.map(async ({ thread }) => {
        try {
          return await thread.outcome;
        } catch (error) {
          // It can't say itself that it will not come again.
          this.#abort();
          throw error;
        }
      }),
    );
    for (const result of settled) if (result.status === 'rejected') throw result.reason;
    const outcomes = settled.map((result) => (result as { value: ScenarioOutcome }).value);
    return joinOutcomes(outcomes);
  }
}

/** The first one's, with what only all know together. */
function joinOutcomes(outcomes: readonly ScenarioOutcome[]): ScenarioOutcome {
  const [first] = outcomes as [ScenarioOutcome];
  const { failure: _, captureParts: __, ...rest } = first;
  const failures = outcomes.flatMap(({ failure }) => failure ?? []);
  // That others have come to an end is no reason if there is another.
  const failure = failures.find(({ code }) => code !== 'ERR_LIBOS_WORKERS') ?? failures[0];
  const files = mergeParts(outcomes.flatMap(({ captureParts = [] }) => captureParts));
  return {
    ...rest,
    ...(failure ? { failure } : {}),
    simulations: first.simulations.map((summary, index) =>
      joinSummaries(
        summary,
        outcomes.flatMap(({ simulations }) => simulations[index] ?? []),
      ),
    ),
    files: [...new Set([...first.files, ...files])],
  };
}

function joinSummaries(
  first: SimulationSummary,
  all: readonly SimulationSummary[],
): SimulationSummary {
  return {
    ...first,
    events: all.reduce((sum, { events }) => sum + events, 0),
    programs: first.hosts.flatMap((host) => joinPrograms(host, all)),
  };
}

/** Programs of a host, of which the thread that runs them knows more: what they wait for, and which they started. */
function joinPrograms(host: string, all: readonly SimulationSummary[]): ProgramSummary[] {
  const lists = all.map(({ programs }) => programs.filter((program) => program.host === host));
  const longest = lists.reduce((best, list) => (list.length > best.length ? list : best));
  return longest.map((program) => {
    const waiting = lists.flatMap(
      (list) => list.find(({ name }) => name === program.name)?.waiting ?? [],
    );
    return { ...program, waiting };
  });
}

/** Makes captures whole; returns their paths. */
function mergeParts(parts: readonly CapturePart[]): readonly string[] {
  const wholes = [...new Set(parts.map(({ whole }) => whole))];
  for (const whole of wholes) {
    const paths = parts.filter((part) => part.whole === whole).map(({ part }) => part);
    mergeCaptures(paths, whole);
    for (const path of paths) rmSync(path);
  }
  return wholes;
}
