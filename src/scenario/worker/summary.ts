// SPDX-License-Identifier: GPL-2.0-only

/** What is left of a simulation when its scenario has ended, as plain data. */
import { inspect } from 'node:util';
import type { Program, Simulation } from '../../dce/index.js';
import type { LinkSummary, ProgramSummary, SimulationSummary } from '../request.js';

export function summarise(simulation: Simulation): SimulationSummary {
  const { hosts } = simulation.topology;
  return {
    seed: simulation.seed,
    nowNs: simulation.nowNs,
    events: simulation.engine.eventCount,
    digest: simulation.options.digest === 'none' ? 'none' : simulation.digest,
    hosts: hosts.map(({ name }) => name),
    programs: hosts.flatMap(({ programs }) => programs.map(programSummary)),
    links: linkSummaries(simulation),
    reports: simulation.reports.list(),
    log: simulation.log.lines(),
  };
}

function programSummary(program: Program): ProgramSummary {
  const { host, name, location, state, waiting } = program;
  const about = { host: host.name, name, location, state, waiting };
  try {
    const over = state === 'ended' || state === 'failed' || state === 'stopped';
    return { ...about, result: over ? cloneable(program.result) : undefined };
  } catch (error) {
    return {
      ...about,
      result: undefined,
      error: error instanceof Error ? error.message : inspect(error),
    };
  }
}

function linkSummaries(simulation: Simulation): LinkSummary[] {
  return simulation.links.flatMap(({ name, ends, directions }) =>
    directions.map(({ counters }, index) => ({
      link: name,
      from: ends[index]!.label,
      frames: counters.sentFrames,
      bytes: counters.sentBytes,
      drops: dropsOf(counters),
    })),
  );
}

/** Frames that were lost, for whatever reason. */
function dropsOf(counters: object): number {
  return Object.entries(counters)
    .filter(([name]) => name.startsWith('dropped'))
    .reduce((sum, [, count]) => sum + Number(count), 0);
}

/** The value, or what there is to say about it if it cannot leave its thread. */
export function cloneable(value: unknown): unknown {
  try {
    structuredClone(value);
    return value;
  } catch {
    return inspect(value);
  }
}
