// SPDX-License-Identifier: GPL-2.0-only

/** The ledger of points that are known to differ, with the reason of each and the test that shows it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../src/package-root.js';
import type { ComparedPoint } from './compare.js';

export interface KnownOutlier {
  readonly experiment: string;
  readonly figure: string;
  readonly reason: string;
  /** A file of test/. */
  readonly test: string;
}

export interface Verdict {
  readonly points: number;
  readonly outliers: number;
  /** Of the points, from 0 to 1. */
  readonly share: number;
  /** Outliers that no line of the ledger explains. */
  readonly unexplained: readonly ComparedPoint[];
  /** Lines whose point was measured and agrees. */
  readonly stale: readonly KnownOutlier[];
}

export function readLedger(): KnownOutlier[] {
  const path = join(packageRoot, 'bench/fidelity/outliers.json');
  const ledger = JSON.parse(readFileSync(path, 'utf8')) as { outliers: KnownOutlier[] };
  return ledger.outliers;
}

export function judge(points: readonly ComparedPoint[], ledger: readonly KnownOutlier[]): Verdict {
  const outliers = points.filter(({ isOutlier }) => isOutlier);
  const isSame = (known: KnownOutlier, point: ComparedPoint): boolean =>
    known.experiment === point.experiment && known.figure === point.figure;
  return {
    points: points.length,
    outliers: outliers.length,
    share: points.length === 0 ? 0 : outliers.length / points.length,
    unexplained: outliers.filter((point) => !ledger.some((known) => isSame(known, point))),
    stale: ledger.filter((known) =>
      points.some((point) => isSame(known, point) && !point.isOutlier),
    ),
  };
}
