// SPDX-License-Identifier: GPL-2.0-only

/**
 * `npm run bench -- fidelity [--quick] [--seeds N] [--only TEXT] [--offloads] [--json]`: the same experiments in a
 * simulation and in the oracle, an ordinary Linux of the same source with netem in virtual time; the ratio of the
 * figures, and which differ by more than 5 %. It fails if more than a twentieth does, or one that the ledger does not
 * explain.
 */
import process from 'node:process';
import { ensureOracle } from '../kernel/oracle/index.js';
import { Kernel } from '../src/kernel/index.js';
import { readOptions } from './lib/options.js';
import { compareEntry, tolerance } from './fidelity/compare.js';
import type { ComparedPoint } from './fidelity/compare.js';
import { judge, readLedger } from './fidelity/outliers.js';
import { quickGrid, wholeGrid } from './fidelity/grid.js';
import { OracleSide } from './fidelity/oracle-side.js';

const values = readOptions({
  json: { type: 'boolean', default: false },
  quick: { type: 'boolean', default: false },
  offloads: { type: 'boolean', default: false },
  seeds: { type: 'string' },
  only: { type: 'string', default: '' },
});

/** How many of the points may differ. */
const outlierShareMax = 0.05;

const seedCount = Number(values.seeds ?? (values.quick ? 3 : 10));
const seeds = Array.from({ length: seedCount }, (_, index) => index + 1);
const entries = (values.quick ? quickGrid() : wholeGrid()).filter(({ experiment }) =>
  experiment.name.includes(values.only),
);
const kernel = await Kernel.load();
const built = await ensureOracle();
using oracle = await OracleSide.create(built);

const startMs = performance.now();
const points: ComparedPoint[] = [];
for (const [index, entry] of entries.entries()) {
  const compared = await compareEntry(entry, {
    kernel,
    oracle,
    seeds,
    withOffloads: values.offloads,
  });
  points.push(...compared);
  const seconds = (performance.now() - startMs) / 1000;
  const left = Math.round((seconds / (index + 1)) * (entries.length - index - 1));
  for (const point of compared) {
    say(`${lineOf(point)}  [${index + 1}/${entries.length}, ${left} s left]`);
  }
}

const verdict = judge(points, readLedger());
const { unexplained, stale, ...counts } = verdict;
if (values.json) {
  const { linux, key } = built;
  const head = { linux, oracle: key, seeds: seedCount, tolerance, ...counts };
  process.stdout.write(`${JSON.stringify({ ...head, results: points }, null, 2)}\n`);
}
say(
  `${counts.points} points, ${counts.outliers} (${(counts.share * 100).toFixed(1)} %) differ by more than ${tolerance * 100} %`,
);
for (const { experiment, figure } of unexplained) {
  say(`not in bench/fidelity/outliers.json: ${experiment}: ${figure}`);
}
for (const { experiment, figure } of stale) {
  say(`in bench/fidelity/outliers.json, but it agrees: ${experiment}: ${figure}`);
}
// With other seeds, or fewer, other points differ.
const isWhole = !values.quick && !values.offloads && values.seeds === undefined;
const isBad = counts.share > outlierShareMax || unexplained.length > 0 || stale.length > 0;
process.exitCode = isWhole && isBad ? 1 : 0;

function lineOf({
  experiment,
  figure,
  unit,
  library,
  oracle: reference,
  ratio,
}: ComparedPoint): string {
  const show = (value: number): string =>
    unit === 'ms' ? `${value.toFixed(2)} ms` : `${(value / 1e6).toFixed(3)} Mbit/s`;
  const mark = Math.abs(ratio - 1) <= tolerance ? ' ' : '!';
  return `${mark} ${ratio.toFixed(4)}  ${experiment}: ${figure} ${show(library)}, oracle ${show(reference)}`;
}

/** Progress goes where JSON does not. */
function say(line: string): void {
  (values.json ? process.stderr : process.stdout).write(`${line}\n`);
}
