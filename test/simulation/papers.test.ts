// SPDX-License-Identifier: GPL-2.0-only

/** The experiments of the papers on direct code execution, as the examples run them. */
import { afterEach, expect, test, vi } from 'vitest';

afterEach(() => vi.restoreAllMocks());

/** The rows of numbers in what an example prints, a column each. */
async function rowsOf(example: () => Promise<unknown>): Promise<number[][]> {
  const lines: string[] = [];
  vi.spyOn(console, 'log').mockImplementation((line: string) => lines.push(line));
  await example();
  return lines.slice(1).map((line) => [...line.matchAll(/[\d.]+/g)].map(([text]) => Number(text)));
}

test('daisy chain: nothing is lost, and the work is in proportion to hops and rate', async () => {
  const rows = await rowsOf(() => import('../../examples/daisy-chain.js'));
  expect(rows.map(([hops]) => hops)).toEqual([2, 4, 8, 16, 32, 64, 2, 4, 8, 16, 32, 64]);
  for (const [hops, packetsPerSecond, received, frameHops] of rows) {
    expect(received, `${hops} hops`).toBe(100);
    // Neighbours and routers have something to say to each other, too.
    const ideal = hops! * packetsPerSecond!;
    expect(frameHops).toBeGreaterThan(ideal);
    expect(frameHops).toBeLessThan(1.1 * ideal);
  }
  // Wall time is linear too; how closely a busy machine cannot show, but a square would be 256 times as much.
  const seconds = (hops: number): number =>
    rows.filter(([h]) => h === hops).reduce((sum, row) => sum + row[4]!, 0);
  expect(seconds(64) / seconds(4)).toBeLessThan(64);
}, 120_000);

test('multipath TCP: goodput rises with the buffers, beyond that of either path', async () => {
  const rows = await rowsOf(() => import('../../examples/mptcp.js'));
  const [smallest, largest] = [rows[0]!, rows.at(-1)!];
  expect(rows.map(([kilobytes]) => kilobytes)).toEqual([16, 32, 64, 128, 256, 512]);
  for (const [index, [, multipath]] of rows.entries()) {
    const before = rows[index - 1]?.[1] ?? 0;
    expect(multipath).toBeGreaterThan(before);
  }
  // With the smallest buffers the longer path alone is starved, and together they are slower than the shorter one.
  expect(smallest[3]).toBeLessThan(1);
  expect(smallest[1]).toBeLessThan(smallest[2]!);
  // With the largest each path alone is full, and together they come near to their sum.
  for (const alone of largest.slice(2)) expect(alone).toBeGreaterThan(1.8);
  expect(largest[1]).toBeGreaterThan(0.9 * (largest[2]! + largest[3]!));
}, 120_000);
