// SPDX-License-Identifier: GPL-2.0-only

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SimulatedClock } from '../host/index.js';
import { HostClock, uptimeAtStartNs } from './host-clock.js';

function createClock(changed: () => void = () => undefined) {
  const timeline = new SimulatedClock();
  return { timeline, clock: new HostClock(timeline, changed) };
}

test('a right clock shows virtual time, from a second of uptime on', () => {
  const { timeline, clock } = createClock();
  timeline.advanceTo(5e9);
  expect(clock.nowNs).toBe(5e9 + uptimeAtStartNs);
  expect(clock.elapsedNs).toBe(5e9);
  expect(clock.toTimelineNs(7e9 + uptimeAtStartNs)).toBe(7e9);
  expect(clock.toTimelineNs(Infinity)).toBe(Infinity);
});

test('a clock that drifts, is set right, and restarts never goes back', () => {
  const { timeline, clock } = createClock();
  timeline.advanceTo(1e9);
  clock.set({ driftPpm: 100_000 });
  timeline.advanceTo(2e9);
  expect(clock.elapsedNs).toBe(2.1e9);
  clock.set({ driftPpm: 0 });
  timeline.advanceTo(3e9);
  expect(clock.elapsedNs).toBe(3.1e9);
  clock.restart();
  expect(clock.nowNs).toBe(uptimeAtStartNs);
  expect(clock.elapsedNs).toBe(3.1e9);
});

test('a moment of virtual time is the first at which the clock has got there', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: -500_000, max: 500_000 }), fc.nat(1e10)), {
        maxLength: 5,
      }),
      fc.nat(1e12),
      (changes, aheadNs) => {
        const { timeline, clock } = createClock();
        for (const [driftPpm, afterNs] of changes) {
          clock.set({ driftPpm });
          const before = clock.nowNs;
          timeline.advanceTo(timeline.nowNs + afterNs);
          expect(clock.nowNs).toBeGreaterThanOrEqual(before);
        }
        const targetNs = clock.nowNs + aheadNs;
        const timeNs = clock.toTimelineNs(targetNs);
        expect(Number.isInteger(timeNs)).toBe(true);
        if (timeNs > timeline.nowNs) {
          timeline.advanceTo(timeNs - 1);
          expect(clock.nowNs).toBeLessThan(targetNs);
          timeline.advanceTo(timeNs);
        }
        expect(clock.nowNs).toBeGreaterThanOrEqual(targetNs);
      },
    ),
  );
});

test('offsets are durations with a sign', () => {
  let changes = 0;
  const { clock } = createClock(() => changes++);
  for (const [offset, ns] of [
    ['5 min', 300e9],
    ['-3 s', -3e9],
    ['+1 ms', 1e6],
    [-7, -7],
  ] as const) {
    clock.set({ offset });
    expect(clock.offsetNs).toBe(ns);
  }
  expect(changes).toBe(4);
  expect(() => clock.set({ offset: '3 parsecs' })).toThrow('"3 parsecs" is not a duration');
  expect(() => clock.set({ driftPpm: NaN })).toThrow('cannot drift by NaN ppm');
});
