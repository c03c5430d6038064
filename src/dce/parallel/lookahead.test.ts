// SPDX-License-Identifier: GPL-2.0-only

import { expect, test } from 'vitest';
import { lookaheads } from './lookahead.js';

test('the shortest way counts, also over other parts and back to itself', () => {
  const cut = [
    { from: 0, to: 1, lookaheadNs: 5 },
    { from: 0, to: 1, lookaheadNs: 3 },
    { from: 1, to: 2, lookaheadNs: 4 },
    { from: 2, to: 0, lookaheadNs: 10 },
    { from: 0, to: 2, lookaheadNs: 9 },
  ];
  expect([...lookaheads(3, cut)]).toEqual([17, 3, 7, 14, 17, 4, 10, 13, 17]);
});

test('where there is no way there is no limit', () => {
  expect([...lookaheads(2, [{ from: 0, to: 1, lookaheadNs: 1 }])]).toEqual([
    Infinity,
    1,
    Infinity,
    Infinity,
  ]);
});
