// SPDX-License-Identifier: GPL-2.0-only

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { exp, ln } from './exact-math.js';

test('the logarithm is the engine’s to fifteen digits', () => {
  fc.assert(
    fc.property(fc.double({ min: 1e-300, max: 1e300, noNaN: true }), (value) => {
      const expected = Math.log(value);
      expect(Math.abs(ln(value) - expected)).toBeLessThanOrEqual(
        2e-15 * Math.max(1, Math.abs(expected)),
      );
    }),
    { seed: 1 },
  );
  expect([ln(1), ln(2)]).toEqual([0, Math.LN2]);
});

test('the exponential is the engine’s to fourteen digits', () => {
  fc.assert(
    fc.property(fc.double({ min: -700, max: 700, noNaN: true }), (value) => {
      const expected = Math.exp(value);
      // The argument's own rounding weighs more the larger it is.
      expect(Math.abs(exp(value) / expected - 1)).toBeLessThan(1e-14 + Math.abs(value) * 1e-15);
    }),
    { seed: 1 },
  );
  expect(exp(0)).toBe(1);
});
