// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from 'vitest';
import { parseDurationNs, parseRateBitsPerSecond, parseSizeBytes } from './units.js';

describe('units', () => {
  test.each([
    ['20 ms', 20_000_000],
    ['1.5s', 1_500_000_000],
    ['0.1 µs', 100],
    [7, 7],
  ])('duration %s', (text, ns) => {
    expect(parseDurationNs(text, 'delay')).toBe(ns);
  });

  test('rates are decimal, sizes are what their unit says', () => {
    expect(parseRateBitsPerSecond('10 Mbit/s', 'rate')).toBe(10_000_000);
    expect(parseSizeBytes('64 MiB', 'memory')).toBe(67_108_864);
    expect(parseSizeBytes('64 MB', 'memory')).toBe(64_000_000);
  });

  test.each(['-1 ms', '5', '5 parsecs', 'ms', '1e99 s', '', '5 toString'])(
    '"%s" is refused',
    (text) => {
      expect(() => parseDurationNs(text, 'delay')).toThrow(`delay: "${text}" is not a duration`);
    },
  );

  test.each([-1, 0.5, NaN, Infinity])('%s is refused', (value) => {
    expect(() => parseDurationNs(value, 'delay')).toThrow('is not a duration');
  });
});
