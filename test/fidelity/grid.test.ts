// SPDX-License-Identifier: GPL-2.0-only

/** A part of the grid of `npm run bench -- fidelity`: the same experiment in a simulation and in an ordinary Linux. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compareEntry, tolerance } from '../../bench/fidelity/compare.js';
import { quickGrid, wholeGrid } from '../../bench/fidelity/grid.js';
import { OracleSide } from '../../bench/fidelity/oracle-side.js';
import { ensureOracle } from '../../kernel/oracle/index.js';
import { Kernel } from '../../src/kernel/index.js';

const seeds = [1, 2, 3];
let kernel: Kernel;
let oracle: OracleSide;

beforeAll(async () => {
  kernel = await Kernel.load();
  oracle = await OracleSide.create(await ensureOracle());
});

afterAll(() => oracle[Symbol.dispose]());

describe('the library and the oracle agree', () => {
  for (const entry of quickGrid()) {
    it(entry.experiment.name, async () => {
      for (const point of await compareEntry(entry, { kernel, oracle, seeds })) {
        expect(point.ratio, `${point.figure}: ${point.library} to ${point.oracle}`).toBeCloseTo(
          1,
          1,
        );
        expect(Math.abs(point.ratio - 1), point.figure).toBeLessThanOrEqual(tolerance);
      }
    });
  }

  it('with frames that the wire has to split, too', async () => {
    const [entry] = quickGrid().filter(({ experiment }) =>
      experiment.name.startsWith('bulk cubic'),
    );
    const [point] = await compareEntry(entry!, { kernel, oracle, seeds: [1], withOffloads: true });
    expect(point).toMatchObject({ isOutlier: false });
  });
});

it('sees a rate that differs by a tenth', async () => {
  const name = 'bulk cubic, 10 Mbit/s, 20 ms, loss 0 %, queue 200';
  const entry = wholeGrid().find(({ experiment }) => experiment.name === name)!;
  const { path } = entry.experiment;
  const slower = {
    ...entry,
    experiment: { ...entry.experiment, path: { ...path, rateBitsPerSecond: 9e6 } },
  };
  const [asked] = await compareEntry(entry, { kernel, oracle, seeds: [1] });
  const [other] = await compareEntry(slower, { kernel, oracle, seeds: [1] });
  expect(asked!.isOutlier).toBe(false);
  expect(Math.abs(other!.library / asked!.oracle - 1)).toBeGreaterThan(tolerance);
});
