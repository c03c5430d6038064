// SPDX-License-Identifier: GPL-2.0-only

/**
 * Runs grid entries on both sides at once. A seed gives both sides the same losses and starts, so they are compared
 * seed by seed, and the median of the ratios counts.
 */
import type { Kernel } from '../../src/kernel/index.js';
import type { Outcome, Run } from './experiment.js';
import type { GridEntry } from './grid.js';
import { measureOnLibrary } from './library-side.js';
import type { OracleSide } from './oracle-side.js';

/** A ratio further from 1 than this is an outlier. */
export const tolerance = 0.05;

export interface ComparedPoint {
  readonly experiment: string;
  readonly figure: string;
  readonly unit: string;
  /** Medians over the seeds. */
  readonly library: number;
  readonly oracle: number;
  /** Library to oracle: the median over the seeds. */
  readonly ratio: number;
  /** Of the medians. Where single seeds go different ways it is further from 1. */
  readonly ratioOfMedians: number;
  readonly isOutlier: boolean;
  /** What each seed gave, for who looks into it. */
  readonly librarySeeds: readonly number[];
  readonly oracleSeeds: readonly number[];
}

export interface CompareOptions {
  readonly kernel: Kernel;
  readonly oracle: OracleSide;
  readonly seeds: readonly number[];
  readonly withOffloads?: boolean;
}

export async function compareEntry(
  { experiment, figures }: GridEntry,
  { kernel, oracle, seeds, withOffloads = false }: CompareOptions,
): Promise<ComparedPoint[]> {
  const runs = seeds.map((seed): Run => ({ experiment, seed }));
  const measuredByOracle = oracle.measure(runs);
  const byLibrary: Outcome[] = [];
  try {
    for (const run of runs) byLibrary.push(await measureOnLibrary(kernel, run, { withOffloads }));
  } catch (error) {
    await measuredByOracle.catch(() => undefined);
    throw error;
  }
  const byOracle = await measuredByOracle;
  return figures.map((figure) => {
    const librarySeeds = byLibrary.map((outcome) => figure.of(outcome));
    const oracleSeeds = byOracle.map((outcome) => figure.of(outcome));
    const [library, reference] = [median(librarySeeds), median(oracleSeeds)];
    const ratio = median(librarySeeds.map((value, index) => value / oracleSeeds[index]!));
    return {
      experiment: experiment.name,
      figure: figure.name,
      unit: figure.unit,
      library,
      oracle: reference,
      ratio,
      ratioOfMedians: library / reference,
      // Not a number is an outlier too.
      isOutlier: !(Math.abs(ratio - 1) <= tolerance),
      librarySeeds,
      oracleSeeds,
    };
  });
}

/** NaN if one of the values is. */
export function median(values: readonly number[]): number {
  if (values.length === 0 || values.some((value) => Number.isNaN(value))) return NaN;
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
