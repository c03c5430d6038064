// SPDX-License-Identifier: GPL-2.0-only

import { expect, test } from 'vitest';
import { FrameRing } from './frame-ring.js';

const entries = (ring: FrameRing): number[][] =>
  Array.from({ length: ring.count }, (_, index) => {
    const at = ring.offset(index);
    return [...ring.values.subarray(at, at + 3)];
  });

test('gives in order what was pushed, however often it goes round and grows', () => {
  const ring = new FrameRing();
  const expected: number[][] = [];
  let next = 0;
  for (const [pushes, shifts] of [
    [5, 3],
    [6, 4],
    [40, 20],
    [0, 24],
    [9, 9],
  ] as const) {
    for (let i = 0; i < pushes; i++, next++) {
      ring.push(next, next * 2, -next);
      expected.push([next, next * 2, -next]);
    }
    expect(entries(ring)).toEqual(expected);
    for (let i = 0; i < shifts; i++) {
      const at = ring.shift();
      expect([...ring.values.subarray(at, at + 3)]).toEqual(expected.shift());
    }
    expect(entries(ring)).toEqual(expected);
  }
  expect(ring.count).toBe(0);
});

test('inserts by the first number, behind those that are equal, and says where', () => {
  const ring = new FrameRing();
  // So that what is moved crosses the end of the array.
  for (let i = 0; i < 6; i++) ring.push(0, 0, 0);
  for (let i = 0; i < 6; i++) ring.shift();
  const places = [30, 10, 20, 20, 5, 30, 40, 20].map((first, index) =>
    ring.insert(first, index, 0),
  );
  expect(places).toEqual([0, 0, 1, 2, 0, 5, 6, 4]);
  expect([...ring.column(0)]).toEqual([5, 10, 20, 20, 20, 30, 30, 40]);
  expect([...ring.column(1)]).toEqual([4, 1, 2, 3, 7, 0, 5, 6]);
  ring.clear();
  expect(entries(ring)).toEqual([]);
});
