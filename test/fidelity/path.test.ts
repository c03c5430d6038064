// SPDX-License-Identifier: GPL-2.0-only

/**
 * What makes the two sides one experiment, exactly and frame by frame: the same frames lost, the same queue, the same
 * times; and that the oracle says the same whenever it is asked.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { drawsOf } from '../../bench/fidelity/experiment.js';
import type { Experiment, Flow, Path, Run } from '../../bench/fidelity/experiment.js';
import { measureOnLibrary } from '../../bench/fidelity/library-side.js';
import { netemLoss } from '../../bench/fidelity/netem-random.js';
import { OracleSide } from '../../bench/fidelity/oracle-side.js';
import { ensureOracle } from '../../kernel/oracle/index.js';
import { Kernel } from '../../src/kernel/index.js';

const path: Path = {
  rateBitsPerSecond: 10e6,
  delayNs: 20e6,
  queueFrames: 100,
  lossProbability: 0,
};
let kernel: Kernel;
let oracle: OracleSide;

beforeAll(async () => {
  kernel = await Kernel.load();
  oracle = await OracleSide.create(await ensureOracle());
});

afterAll(() => oracle[Symbol.dispose]());

function experiment(
  name: string,
  flow: Flow,
  own: Partial<Path> = {},
  durationNs = 5e9,
): Experiment {
  return { name, path: { ...path, ...own }, flows: [flow], durationNs };
}

function datagrams(intervalNs: number, count: number, datagramBytes = 1000): Flow {
  return {
    kind: 'cbr',
    name: 'cbr',
    isCrossTraffic: false,
    startNs: 0,
    stopNs: intervalNs * count + 5e7,
    intervalNs,
    datagramBytes,
  };
}

async function both(run: Run) {
  const [[byOracle], byLibrary] = await Promise.all([
    oracle.measure([run]),
    measureOnLibrary(kernel, run),
  ]);
  return { oracle: byOracle!, library: byLibrary };
}

it.each([1, 2, 3])('loses the very frames that netem loses (seed %i)', async (seed) => {
  const lossProbability = 0.05;
  const run = {
    seed,
    experiment: experiment('lossy datagrams', datagrams(2e6, 1000), { lossProbability }),
  };
  const { library, oracle: reference } = await both(run);
  const isLost = netemLoss(lossProbability, drawsOf(run).lossSeeds[0]);
  const { sent } = library.get('cbr') as { sent: number };
  const survivors = Array.from({ length: sent }, isLost).filter((lost) => !lost).length;
  expect(sent).toBeGreaterThan(900);
  expect(survivors).toBeLessThan(sent);
  expect(library.get('cbr')).toEqual({ kind: 'cbr', sent, received: survivors });
  expect(reference.get('cbr')).toEqual(library.get('cbr'));
});

it.each([0, 1, 20, 100])('queues %i frames beside the one that is sent', async (queueFrames) => {
  // Ten times as fast as they leave, and never at the moment when one does.
  const flow = datagrams(77_700, 2000);
  const { library, oracle: reference } = await both({
    seed: 1,
    experiment: experiment('full queue', flow, { queueFrames }),
  });
  const { sent, received } = library.get('cbr') as { sent: number; received: number };
  expect(received).toBeGreaterThan(queueFrames + 100);
  expect(received).toBeLessThan(sent / 2);
  expect(reference.get('cbr')).toEqual(library.get('cbr'));
});

it('takes the same time for an echo: rate, delay and frames of the same length', async () => {
  const flow: Flow = { kind: 'ping', name: 'ping', startNs: 0, stopNs: 2e9, intervalNs: 1e8 };
  const { library, oracle: reference } = await both({
    seed: 1,
    experiment: experiment('echo', flow),
  });
  const times = (outcome: typeof library): readonly number[] =>
    (outcome.get('ping') as { roundTripNs: readonly number[] }).roundTripNs;
  // An echo of 56 bytes is a frame of 98.
  const expectedNs = 2 * (path.delayNs + (98 * 8e9) / path.rateBitsPerSecond);
  expect(times(library).length).toBeGreaterThan(15);
  for (const timeNs of times(library)) expect(timeNs).toBe(expectedNs);
  // The oracle's clock moves a little whenever it is read.
  for (const timeNs of times(reference)) {
    expect(timeNs).toBeGreaterThanOrEqual(expectedNs);
    expect(timeNs).toBeLessThan(expectedNs + 10_000);
  }
});

it('is repeated by the oracle, byte for byte', async () => {
  const flow: Flow = { kind: 'bulk', name: 'bulk', control: 'cubic', startNs: 0, stopNs: 5e9 };
  const run = { seed: 7, experiment: experiment('repeat', flow, { lossProbability: 0.01 }) };
  const first = await oracle.measure([run, { ...run, seed: 8 }]);
  const second = await oracle.measure([run, { ...run, seed: 8 }]);
  expect(second).toEqual(first);
  expect(first[0]).not.toEqual(first[1]);
});

it('says what is wrong with a plan', async () => {
  const flow: Flow = {
    kind: 'bulk',
    name: 'bulk',
    control: 'nonsense' as 'reno',
    startNs: 0,
    stopNs: 1e9,
  };
  await expect(
    oracle.measure([{ seed: 1, experiment: experiment('nonsense', flow) }]),
  ).rejects.toThrow(/congestion control nonsense/);
});
