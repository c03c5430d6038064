// SPDX-License-Identifier: GPL-2.0-only

/** The ledger of points that differ, and what is made of it. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { ComparedPoint } from '../../bench/fidelity/compare.js';
import { quickGrid, wholeGrid } from '../../bench/fidelity/grid.js';
import { parseResult } from '../../bench/fidelity/oracle-side.js';
import { judge, readLedger } from '../../bench/fidelity/outliers.js';
import { packageRoot } from '../../src/package-root.js';

const entries = wholeGrid();
const points = entries.flatMap(({ experiment, figures }) =>
  figures.map(({ name }) => ({ experiment: experiment.name, figure: name })),
);

function compared(experiment: string, isOutlier: boolean): ComparedPoint {
  const both = { library: 1, oracle: 1, ratio: 1, ratioOfMedians: 1 };
  const seeds = { librarySeeds: [1], oracleSeeds: [1] };
  return { experiment, figure: 'goodput', unit: 'ms', ...both, ...seeds, isOutlier };
}

it('names points of the grid, at most one in twenty, each with a reason and a test', () => {
  const ledger = readLedger();
  expect(ledger.length).toBeLessThanOrEqual(points.length / 20);
  for (const { experiment, figure, reason, test } of ledger) {
    expect(points).toContainEqual({ experiment, figure });
    expect(reason.length).toBeGreaterThan(20);
    expect(existsSync(join(packageRoot, 'test', test)), test).toBe(true);
  }
});

it('finds outliers that nobody explained, and explanations of what agrees', () => {
  const known = (experiment: string) => ({ experiment, figure: 'goodput', reason: '', test: '' });
  const measured = [compared('a', true), compared('b', true), compared('c', false)];
  const verdict = judge(measured, [known('a'), known('c'), known('not measured')]);
  expect(verdict).toMatchObject({ points: 3, outliers: 2, share: 2 / 3 });
  expect(verdict.unexplained.map(({ experiment }) => experiment)).toEqual(['b']);
  expect(verdict.stale.map(({ experiment }) => experiment)).toEqual(['c']);
});

it('has experiments of every kind, each with a name of its own', () => {
  const names = entries.map(({ experiment }) => experiment.name);
  expect(new Set(names).size).toBe(names.length);
  for (const part of [
    'bulk reno',
    'bulk cubic',
    'bulk bbr',
    'answers of',
    'cubic and bbr',
    'ping',
  ]) {
    expect(
      names.some((name) => name.includes(part)),
      part,
    ).toBe(true);
  }
  expect(quickGrid().length).toBe(7);
});

it('reads what the oracle wrote', () => {
  const text = 'say 0\nbulk x 123\nping y 1 -1 3\nsay 1\ncbr z 5 4\nfetch w 7\nend\n';
  expect(parseResult(text).map((outcome) => Object.fromEntries(outcome))).toEqual([
    { x: { kind: 'bulk', receivedBytes: 123 }, y: { kind: 'ping', roundTripNs: [1, -1, 3] } },
    { z: { kind: 'cbr', sent: 5, received: 4 }, w: { kind: 'fetch', tookNs: [7] } },
  ]);
});
