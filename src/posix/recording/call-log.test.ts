// SPDX-License-Identifier: GPL-2.0-only
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CallLog } from './call-log.js';

/** Adds numbers and pieces of bytes, and says how to check them. */
function fill(log: CallLog, count: number, seed: number): (read: CallLog) => void {
  const checks: ((read: CallLog) => void)[] = [];
  let bytesAt = log.mark().bytes;
  for (let i = 0; i < count; i++) {
    const at = log.words;
    const word = Math.imul(seed + i, 0x9e3779b1);
    log.add(word);
    log.addWide(i % 7 === 0 ? Infinity : Math.abs(word) * 1000);
    const piece = new Uint8Array(i % 5 === 0 ? (word >>> 14) % 20_000 : 10).fill(i);
    const from = bytesAt;
    log.addBytes(piece);
    bytesAt += piece.length;
    checks.push((read) => {
      expect(read.word(at)).toBe(word);
      expect(read.wide(at + 1)).toBe(i % 7 === 0 ? Infinity : Math.abs(word) * 1000);
      expect(Buffer.compare(read.bytesAt(from, piece.length), piece)).toBe(0);
    });
  }
  return (read) => checks.forEach((check) => check(read));
}

describe('call log', () => {
  test('logs that go on from marks of one another keep what each had and do not disturb each other', () => {
    fc.assert(
      fc.property(fc.nat({ max: 700 }), fc.nat({ max: 400 }), (first, second) => {
        const log = new CallLog();
        const checkFirst = fill(log, first, 1);
        const mark = log.mark();
        const checkSecond = fill(log, second, 2);
        const other = CallLog.from(mark);
        expect(other.words).toBe(mark.words);
        const checkOther = fill(other, second, 3);
        const again = CallLog.from(mark);
        const checkAgain = fill(again, 10, 4);
        for (const read of [log, other, again]) checkFirst(read);
        checkSecond(log);
        checkOther(other);
        checkAgain(again);
      }),
      { numRuns: 5 },
    );
  });
});
