// SPDX-License-Identifier: GPL-2.0-only

/**
 * Why the grid has cross traffic. A flow that is alone on a path is in step with itself: in slow start its packets
 * come to the bottleneck at the very moments at which others leave it, and whether a full queue takes one more is
 * a matter of nanoseconds. A link of a simulation lets the frame go first; in the oracle, whose clock moves when it is
 * read, the new one comes first. So alone, and only then, the library does what the oracle does with a queue that
 * is one frame longer.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Experiment } from '../../bench/fidelity/experiment.js';
import { wholeGrid } from '../../bench/fidelity/grid.js';
import { measureOnLibrary } from '../../bench/fidelity/library-side.js';
import { OracleSide } from '../../bench/fidelity/oracle-side.js';
import { ensureOracle } from '../../kernel/oracle/index.js';
import { Kernel } from '../../src/kernel/index.js';

const name = 'bulk reno, 10 Mbit/s, 80 ms, loss 0 %, queue 20';
const { experiment } = wholeGrid().find((entry) => entry.experiment.name === name)!;
const alone: Experiment = {
  ...experiment,
  flows: experiment.flows.filter(({ kind }) => kind === 'bulk'),
};
let kernel: Kernel;
let oracle: OracleSide;

beforeAll(async () => {
  kernel = await Kernel.load();
  oracle = await OracleSide.create(await ensureOracle());
});

afterAll(() => oracle[Symbol.dispose]());

function withQueue(base: Experiment, queueFrames: number): Experiment {
  return { ...base, path: { ...base.path, queueFrames } };
}

async function onLibrary(run: Experiment): Promise<number> {
  const outcome = await measureOnLibrary(kernel, { experiment: run, seed: 1 });
  return (outcome.get('reno') as { receivedBytes: number }).receivedBytes;
}

async function onOracle(run: Experiment): Promise<number> {
  const [outcome] = await oracle.measure([{ experiment: run, seed: 1 }]);
  return (outcome!.get('reno') as { receivedBytes: number }).receivedBytes;
}

it('alone, a frame more or less in the queue makes a difference of a quarter, and it is one frame', async () => {
  const [library20, oracle20, oracle21] = [
    await onLibrary(withQueue(alone, 20)),
    await onOracle(withQueue(alone, 20)),
    await onOracle(withQueue(alone, 21)),
  ];
  expect(library20 / oracle20).toBeGreaterThan(1.2);
  expect(library20 / oracle21).toBeGreaterThan(0.99);
  expect(library20 / oracle21).toBeLessThan(1.01);
  const library19 = await onLibrary(withQueue(alone, 19));
  expect(library19 / oracle20).toBeGreaterThan(0.99);
  expect(library19 / oracle20).toBeLessThan(1.01);
});

it('with one per cent of cross traffic they agree', async () => {
  const ratio = (await onLibrary(experiment)) / (await onOracle(experiment));
  expect(ratio).toBeGreaterThan(0.98);
  expect(ratio).toBeLessThan(1.02);
});
