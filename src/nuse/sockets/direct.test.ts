// SPDX-License-Identifier: GPL-2.0-only

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { skipSegments } from './direct.js';

test('what is left of segments are their bytes without the first', () => {
  const bytesOf = (segments: readonly number[]): number[] => {
    const bytes: number[] = [];
    for (let i = 0; i < segments.length; i += 2) {
      for (let at = 0; at < segments[i + 1]!; at++) bytes.push(segments[i]! + at);
    }
    return bytes;
  };
  const segment = fc.tuple(fc.nat(1e6), fc.nat(20));
  fc.assert(
    fc.property(fc.array(segment), fc.nat(100), (list, skip) => {
      const segments = list.flat();
      expect(bytesOf(skipSegments(segments, skip))).toEqual(bytesOf(segments).slice(skip));
    }),
  );
});
