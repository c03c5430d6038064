// SPDX-License-Identifier: GPL-2.0-only

/**
 * Random system calls at two hosts on a wire: nothing traps, nothing hangs, nothing is left behind, and the same seed
 * gives the same results. `npm run fuzz -- posix --count N --seed S` runs it longer, or again.
 */
import { expect, test } from 'vitest';
import type { Kernel } from '../../src/kernel/index.js';
import { loadKernel } from '../helpers/virtual-host.js';
import { leftovers } from './posix/leftovers.js';
import { Run } from './posix/run.js';
import { watched as watchedFor } from './watchdog.js';

const count = Number(process.env['LIBOS_FUZZ_COUNT'] ?? 1_000_000);
const seed = Number(process.env['LIBOS_FUZZ_SEED'] ?? 1);
/** Calls at a time, and how long they may take before they hang: they take a fifth of a second. */
const stepCalls = 5000;
const stepMsMax = 30_000;
const testMs = Math.max(120_000, count);

test(`${count} calls, seed ${seed}: no trap, no hang, no leak`, { timeout: testMs }, async () => {
  const run = started(await loadKernel());
  goTo(run, Math.floor(count / 4));
  const early = watched(run, () => run.state());
  goTo(run, count);
  const late = watched(run, () => run.state());
  expect(late.flatMap((state, index) => leftovers(early[index]!, state))).toEqual([]);
  // Calls that fail at once would find little.
  expect(run.succeeded / run.calls).toBeGreaterThan(0.3);
});

test('equal seeds give equal results', { timeout: testMs }, async () => {
  const kernel = await loadKernel();
  const calls = Math.min(count, 50_000);
  const [first, second] = [started(kernel), started(kernel)];
  goTo(first, calls);
  goTo(second, calls);
  expect(second.digest).toBe(first.digest);
});

function started(kernel: Kernel): Run {
  return new Run(kernel, seed);
}

function goTo(run: Run, calls: number): void {
  while (run.calls < calls) {
    const next = Math.min(calls, run.calls + stepCalls);
    watched(run, () => run.runTo(next));
  }
}

/** An error says how to see it again. */
function watched<T>(run: Run, action: () => T): T {
  return watchedFor(action, stepMsMax, () => {
    const again = `npm run fuzz -- posix --count ${run.calls + stepCalls} --seed ${run.seed}`;
    return `after ${run.calls} calls\n${again}\n${run.trace.join('\n')}`;
  });
}
