// SPDX-License-Identifier: GPL-2.0-only

/**
 * Why two cubic flows, or one beside reno, may differ from the oracle by more than 5 %: who gets how much in a minute
 * hangs on which flow loses the frame that does not fit. The library differs from itself by as much when the second
 * flow begins a frame's time or two later. What both get together is the same.
 */
import { beforeAll, expect, it } from 'vitest';
import type { Experiment } from '../../bench/fidelity/experiment.js';
import { wholeGrid } from '../../bench/fidelity/grid.js';
import { measureOnLibrary } from '../../bench/fidelity/library-side.js';
import { Kernel } from '../../src/kernel/index.js';

let kernel: Kernel;

beforeAll(async () => {
  kernel = await Kernel.load();
});

/** What the two flows receive, the second of which begins so much later. */
async function received(
  { experiment }: { readonly experiment: Experiment },
  laterNs: number,
): Promise<[first: number, second: number]> {
  const flows = experiment.flows.map((flow, index) =>
    index === 1 ? { ...flow, startNs: flow.startNs + laterNs } : flow,
  );
  const moved: Experiment = { ...experiment, flows };
  const outcome = await measureOnLibrary(kernel, { experiment: moved, seed: 1 });
  const bytes = [...outcome].flatMap(([flow, result]) =>
    /^[12]-/.test(flow) ? [(result as { readonly receivedBytes: number }).receivedBytes] : [],
  );
  return [bytes[0]!, bytes[1]!];
}

it.each([
  ['cubic and cubic, 10 Mbit/s, 10 ms, loss 0 %, queue 20', 900_000],
  ['reno and cubic, 10 Mbit/s, 10 ms, loss 0 %, queue 60', 2_500_000],
])('%s: %d ns decide who gets more', async (name, laterNs) => {
  const entry = wholeGrid().find(({ experiment }) => experiment.name === name)!;
  const [first, second] = await received(entry, 0);
  const [firstThen, secondThen] = await received(entry, laterNs);
  expect(Math.abs(firstThen / first - 1)).toBeGreaterThan(0.05);
  expect(Math.abs(secondThen / second - 1)).toBeGreaterThan(0.05);
  expect((firstThen + secondThen) / (first + second)).toBeCloseTo(1, 3);
});
