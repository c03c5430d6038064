// SPDX-License-Identifier: GPL-2.0-only

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EventQueue } from './event-queue.js';

describe('event queue', () => {
  test('gives events in order of time, equal ones as they came, whatever is added meanwhile', () => {
    const times = fc.array(fc.nat({ max: 50 }), { maxLength: 3000 });
    fc.assert(
      fc.property(times, fc.nat({ max: 7 }), (delays, every) => {
        const queue = new EventQueue();
        const expected: [number, number][] = [];
        const seen: [number, number][] = [];
        let nowNs = 0;
        let order = 0;
        const target = { onTime: (timeNs: number, number: number) => seen.push([timeNs, number]) };
        const add = (delay: number): void => {
          expected.push([nowNs + delay, order]);
          queue.add(nowNs + delay, target, nowNs + delay, order++);
        };
        for (const [index, delay] of delays.entries()) {
          add(delay);
          if (every > 0 && index % every === 0) {
            nowNs = queue.nextTimeNs;
            queue.dispatch();
          }
        }
        while (queue.length > 0) queue.dispatch();
        expected.sort(([a, i], [b, j]) => a - b || i - j);
        expect(seen).toEqual(expected);
        expect(queue.nextTimeNs).toBe(Infinity);
      }),
      { numRuns: 30 },
    );
  });

  test('an event may add one for the same moment: it comes after those that wait', () => {
    const queue = new EventQueue();
    const seen: number[] = [];
    const target = {
      onTime: (number: number) => {
        seen.push(number);
        if (number === 1) queue.add(5, target, 3, 0);
      },
    };
    queue.add(5, target, 1, 0);
    queue.add(5, target, 2, 0);
    while (queue.length > 0) queue.dispatch();
    expect(seen).toEqual([1, 2, 3]);
  });
});
