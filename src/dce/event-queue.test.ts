// SPDX-License-Identifier: GPL-2.0-only

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EventQueue } from './event-queue.js';

/** Takes all that is left: time, target, a, b of each. */
function drain(queue: EventQueue): [number, number, number, number][] {
  const seen: [number, number, number, number][] = [];
  while (queue.length > 0) {
    const timeNs = queue.nextTimeNs;
    queue.take();
    seen.push([timeNs, queue.target, queue.a, queue.b]);
  }
  return seen;
}

describe('event queue', () => {
  test('gives events by time, then by order, whatever is added meanwhile', () => {
    const events = fc.array(fc.tuple(fc.nat({ max: 50 }), fc.nat({ max: 9 })), { maxLength: 3000 });
    fc.assert(
      fc.property(events, fc.nat({ max: 7 }), (added, every) => {
        const queue = new EventQueue();
        const model: [time: number, order: number, target: number][] = [];
        const seen: number[] = [];
        const expected: number[] = [];
        const take = (): void => {
          model.sort(([a, i], [b, j]) => a - b || i - j);
          expected.push(model.shift()![2]);
          queue.take();
          seen.push(queue.target);
        };
        for (const [index, [time, part]] of added.entries()) {
          const order = part * 10_000 + index;
          model.push([time, order, index]);
          queue.add(time, order, index, index + 0.5, -index);
          if (every > 0 && index % every === 0) take();
          if (queue.length > 0) expect(queue.a).toBe(seen.length > 0 ? seen.at(-1)! + 0.5 : 0);
        }
        while (model.length > 0) take();
        expect(seen).toEqual(expected);
        expect(queue.nextTimeNs).toBe(Infinity);
      }),
      { numRuns: 15 },
    );
  });

  test('what was saved comes out of another queue as it would have', () => {
    const queue = new EventQueue();
    for (let i = 0; i < 5000; i++) queue.add((i * 7919) % 101, i, i % 13, i / 2, -i);
    for (let i = 0; i < 1000; i++) queue.take();
    const state = queue.save();
    const other = new EventQueue();
    other.add(1, 1, 1, 1, 1);
    other.restore(state);
    expect(drain(other)).toEqual(drain(queue));
    other.restore(state);
    expect(other.length).toBe(4000);
  });
});
