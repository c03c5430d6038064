// SPDX-License-Identifier: GPL-2.0-only

import { expect, test } from 'vitest';
import { ProgressText } from './progress.js';

test('progress: time, rates of the last seconds, and what is left by them', () => {
  const text = new ProgressText();
  const at = (wallSeconds: number, nowNs: number, events: number): string =>
    text.next({ nowNs, endNs: 60e9, events, wallSeconds });
  expect(at(0, 0, 0)).toBe('0.000 s of 60 s');
  expect(at(1, 3e9, 5000)).toBe('3.000 s of 60 s, 5,000 events/s, 19 s left');
  // Twice as fast from now on.
  at(2, 9e9, 15_000);
  expect(at(3, 15e9, 25_000)).toBe('15.000 s of 60 s, 10,000 events/s, 7.5 s left');
  expect(at(4, 15e9, 25_000)).toMatch(/^15\.000 s of 60 s, 5,000 events\/s, 15 s left$/);
});

test('progress: without an end nothing is left', () => {
  const text = new ProgressText();
  text.next({ nowNs: 0, endNs: Infinity, events: 0, wallSeconds: 0 });
  expect(text.next({ nowNs: 1e9, endNs: Infinity, events: 10, wallSeconds: 1 })).toBe(
    '1.000 s, 10 events/s',
  );
});
