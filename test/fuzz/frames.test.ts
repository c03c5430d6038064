// SPDX-License-Identifier: GPL-2.0-only

/**
 * Hostile frames at a router with listeners, tunnels, IPsec, labels and NAT: nothing traps, hangs or leaks, and the
 * frames get deep enough to mean something. `npm run fuzz -- frames --count N --seed S` runs it longer, or again.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect, test } from 'vitest';
import { Kernel } from '../../src/kernel/index.js';
import { CoveredKernel } from './reach/report.js';
import { expectedToMove, validPackets } from './frames/counters.js';
import { FrameRun, leftovers, type Rest } from './frames/run.js';
import { watched } from './watchdog.js';

const count = Number(process.env['LIBOS_FUZZ_COUNT'] ?? 1_000_000);
const seed = Number(process.env['LIBOS_FUZZ_SEED'] ?? 1);
const full = { profile: 'full' } as const;
/** Frames at a time, and how long they may take before they hang: they take a tenth of a second. */
const stepFrames = 10_000;
const stepMsMax = 60_000;
/** So many frames move every counter. */
const framesToReachAll = 300_000;
/** Where it writes which code has run; undefined: it does not look. */
const coveragePath = process.env['LIBOS_FUZZ_COVERAGE'];
const testMs = Math.max(300_000, count / 3);

test(`${count} frames, seed ${seed}: no trap, no hang, no leak`, { timeout: testMs }, async () => {
  const covered = coveragePath === undefined ? undefined : await CoveredKernel.load(full);
  const run = new FrameRun(covered?.kernel ?? (await Kernel.load(full)), seed);
  const half = Math.floor(count / 2);
  goTo(run, half);
  const early = rest(run);
  const before = run.counters();
  goTo(run, count);
  expect(Number(run.host.posix.sysctl('net.netfilter.nf_conntrack_count'))).toBeGreaterThan(0);
  const after = run.counters();
  if (covered) writeReport(coveragePath!, covered.report(covered.reached(run.host.kernel)));
  const late = rest(run);
  expect(leftovers(early, late)).toEqual([]);
  const frames = count - half;
  expect((validPackets(after) - validPackets(before)) / frames).toBeGreaterThan(0.5);
  if (frames >= framesToReachAll) {
    const still = expectedToMove.filter((name) => !(after.get(name)! > before.get(name)!));
    expect(still, 'counters that do not move').toEqual([]);
  }
});

test('equal seeds give equal answers', { timeout: testMs }, async () => {
  const kernel = await Kernel.load(full);
  const frames = Math.min(count, 20_000);
  const [first, second] = [new FrameRun(kernel, seed), new FrameRun(kernel, seed)];
  goTo(first, frames);
  goTo(second, frames);
  expect(second.digest).toBe(first.digest);
  expect(first.host.sentCount).toBeGreaterThan(frames / 20);
});

function goTo(run: FrameRun, frames: number): void {
  while (run.frames < frames) {
    const next = Math.min(frames, run.frames + stepFrames);
    watchedRun(run, () => run.runTo(next));
  }
}

function writeReport(path: string, report: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, report);
}

const rest = (run: FrameRun): readonly Rest[] => watchedRun(run, () => run.rest());

function watchedRun<T>(run: FrameRun, action: () => T): T {
  return watched(action, stepMsMax, () => {
    const again = `npm run fuzz -- frames --count ${run.frames + stepFrames} --seed ${seed}`;
    return `after ${run.frames} frames\n${again}\n${run.trace.join('\n')}`;
  });
}
