// SPDX-License-Identifier: GPL-2.0-only

/** Medians of several runs of both simulators, and what they make of each other. */
import type { RunFigures } from './workloads.js';

export interface Rates {
  readonly framesPerSecond: number;
  readonly simSecondsPerSecond: number;
}

export interface Comparison {
  readonly libos: Rates;
  readonly ns3: Rates;
  /** libos's frames per wall second over those of ns-3; … */
  readonly ratio: number;
  /** … simulated seconds per wall second; … */
  readonly simRatio: number;
  /** … and both by the time that the processes took of a processor, which other load does not change. */
  readonly cpuRatio: number;
  readonly cpuSimRatio: number;
}

export function compare(libos: readonly RunFigures[], ns3: readonly RunFigures[]): Comparison {
  const [ours, theirs] = [rates(libos, 'wallSeconds'), rates(ns3, 'wallSeconds')];
  const [oursCpu, theirsCpu] = [rates(libos, 'cpuSeconds'), rates(ns3, 'cpuSeconds')];
  return {
    libos: ours,
    ns3: theirs,
    ratio: ours.framesPerSecond / theirs.framesPerSecond,
    simRatio: ours.simSecondsPerSecond / theirs.simSecondsPerSecond,
    cpuRatio: oursCpu.framesPerSecond / theirsCpu.framesPerSecond,
    cpuSimRatio: oursCpu.simSecondsPerSecond / theirsCpu.simSecondsPerSecond,
  };
}

function rates(runs: readonly RunFigures[], time: 'wallSeconds' | 'cpuSeconds'): Rates {
  return {
    framesPerSecond: median(runs.map((run) => run.frames / run[time])),
    simSecondsPerSecond: median(runs.map((run) => run.simSeconds / run[time])),
  };
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}
