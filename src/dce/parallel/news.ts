// SPDX-License-Identifier: GPL-2.0-only

/**
 * What workers tell each other when a run has ended: what became of programs, what they reported, what failed,
 * what links counted, what was observed. After that the scenario sees the same in every worker.
 */
import type { DirectionCounters, Link } from '../../link/index.js';
import type { Observation, ObservationState } from '../observation.js';
import type { Program, ProgramState } from '../program.js';
import { joinViews, type ProgramsView } from '../programs-view.js';
import type { Report, Reports } from '../reports.js';
import type { SimulatedHost } from '../simulated-host.js';
import type { Division } from './division.js';
import { packError, unpackError, type PackedError } from './packed-error.js';
import { LibosError } from '../../errors.js';

/** Something that has failed, and when. */
export interface Failure {
  readonly timeNs: number;
  readonly error: Error;
}

/** What news are of. */
export interface NewsWorld {
  readonly topology: {
    readonly hosts: readonly SimulatedHost[];
    readonly links: readonly Link[];
  };
  readonly reports: Reports;
  readonly observation: Observation;
}

type PackedOutcome = { readonly value: unknown } | { readonly error: PackedError };

interface ProgramNews {
  readonly host: number;
  /** Not its number: a program that another one has started is in its own worker only. */
  readonly name: string;
  readonly state: ProgramState;
  readonly outcome?: PackedOutcome;
}

interface CounterNews {
  /** Of the direction: twice the link's index, and one more for backward. */
  readonly direction: number;
  readonly half: 'sent' | 'received';
  readonly counters: DirectionCounters;
}

/** Of one worker; structured-cloneable. */
export interface WorkerNews {
  readonly programs: readonly ProgramNews[];
  readonly reports: readonly Report[];
  readonly failures: readonly { readonly timeNs: number; readonly error: PackedError }[];
  readonly counters: readonly CounterNews[];
  readonly observation: ObservationState;
  readonly view: ProgramsView;
}

/** What is left to do with them. */
export interface Merged {
  /** Those that came first. */
  readonly failures: readonly Failure[];
  readonly view: ProgramsView;
}

export class NewsDesk {
  readonly #world: NewsWorld;
  readonly #division: Division;
  readonly #worker: number;
  /** What has been told of each program. */
  readonly #told = new Map<Program, ProgramState>();
  /** By direction and half: the sum of what was told. */
  readonly #counted: number[] = [];

  constructor(world: NewsWorld, division: Division, worker: number) {
    this.#world = world;
    this.#division = division;
    this.#worker = worker;
  }

  take(failures: readonly Failure[], view: ProgramsView): WorkerNews {
    const { reports, observation } = this.#world;
    return {
      programs: [...this.#programNews()],
      reports: reports.takeNew(),
      failures: failures.map(({ timeNs, error }) => ({ timeNs, error: packError(error) })),
      counters: [...this.#counterNews()],
      observation: observation.takePart(),
      view,
    };
  }

  /** `own` are this worker's failures, as they were thrown. */
  merge(all: readonly WorkerNews[], own: readonly Failure[]): Merged {
    const { topology, reports, observation } = this.#world;
    const others = all.filter((_, worker) => worker !== this.#worker);
    for (const { programs, counters } of others) {
      for (const { host, name, state, outcome } of programs) {
        const program = topology.hosts[host]!.programs.find((each) => each.name === name);
        program?.adopt(state, outcome && unpack(outcome));
      }
      for (const { direction, half, counters: values } of counters) {
        const link = topology.links[direction >>> 1]!;
        link.directions[direction & 1]!.setRemoteCounters(half, values);
      }
    }
    reports.merge(others.flatMap((news) => news.reports));
    observation.merge(all.map((news) => news.observation));
    const failures = all.flatMap((news, worker) =>
      worker === this.#worker
        ? own
        : news.failures.map(({ timeNs, error }) => ({ timeNs, error: unpackError(error) })),
    );
    const firstNs = Math.min(...failures.map(({ timeNs }) => timeNs));
    return {
      failures: failures.filter(({ timeNs }) => timeNs === firstNs),
      view: joinViews(all.map((news) => news.view)),
    };
  }

  *#programNews(): Generator<ProgramNews, void, void> {
    for (const host of this.#world.topology.hosts) {
      if (!host.local) continue;
      for (const program of host.programs) {
        const { state, name } = program;
        if (this.#told.get(program) === state) continue;
        this.#told.set(program, state);
        const outcome = packOutcome(program);
        yield { host: host.index, name, state, ...(outcome ? { outcome } : {}) };
      }
    }
  }

  *#counterNews(): Generator<CounterNews, void, void> {
    for (const [index, link] of this.#world.topology.links.entries()) {
      for (const [side, direction] of link.directions.entries()) {
        const number = 2 * index + side;
        const ends = this.#division.isLocalEnd(link);
        const isHere = [ends[side], ends[1 - side]];
        for (const [half, name] of (['sent', 'received'] as const).entries()) {
          if (isHere[half] !== true) continue;
          const { counters } = direction;
          const sum = sumOf(counters);
          if ((this.#counted[2 * number + half] ?? 0) === sum) continue;
          this.#counted[2 * number + half] = sum;
          yield { direction: number, half: name, counters };
        }
      }
    }
  }
}

function sumOf(counters: DirectionCounters): number {
  return Object.values(counters as unknown as Record<string, number>).reduce((a, b) => a + b, 0);
}

function packOutcome(program: Program): PackedOutcome | undefined {
  const { outcome } = program;
  if (!outcome) return undefined;
  if ('error' in outcome) return { error: packError(outcome.error) };
  try {
    return { value: structuredClone(outcome.value) };
  } catch (cause) {
    const error = new LibosError(
      'ERR_LIBOS_RESULT',
      `the result of ${program.label} (${program.location}) cannot be given to the other workers`,
      { hint: 'return plain data: numbers, strings, arrays, objects, typed arrays', cause },
    );
    return { error: packError(error) };
  }
}

function unpack(outcome: PackedOutcome): { value: unknown } | { error: Error } {
  return 'error' in outcome ? { error: unpackError(outcome.error) } : { value: outcome.value };
}
