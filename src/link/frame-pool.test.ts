// SPDX-License-Identifier: GPL-2.0-only

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { plain } from '../../test/helpers/frames.js';
import { FramePool, type FrameHandle } from './frame-pool.js';

describe('the frame pool', () => {
  test('keeps the bytes of frames of all sizes while others come and go', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 66_000 }), fc.boolean()), { maxLength: 200 }),
        (steps) => {
          const pool = new FramePool();
          const held: { frame: FrameHandle; length: number; fill: number }[] = [];
          for (const [index, [length, alsoFree]] of steps.entries()) {
            const frame = pool.allocate(length);
            pool.view(frame).fill(index);
            held.push({ frame, length, fill: index & 0xff });
            if (alsoFree) pool.release(held.splice(index % held.length, 1)[0]!.frame);
          }
          expect(pool.frameCount).toBe(held.length);
          for (const { frame, length, fill } of held) {
            expect(pool.lengthOf(frame)).toBe(length);
            const bytes = pool.view(frame);
            expect(bytes.length === length && bytes.every((byte) => byte === fill)).toBe(true);
          }
        },
      ),
      { numRuns: 30, seed: 1 },
    );
  });

  test('uses a slot again, the last one first', () => {
    const pool = new FramePool();
    const [a, b] = [pool.allocate(1514), pool.allocate(1514)];
    pool.release(a);
    pool.release(b);
    expect(pool.allocate(1500)).toBe(b);
    expect(pool.allocate(60)).not.toBe(a);
    expect(pool.allocate(1000)).toBe(a);
  });

  test('a frame lives as long as somebody holds it, and is copied before one of them writes', () => {
    const pool = new FramePool();
    const frame = pool.allocate(100);
    pool.view(frame).fill(7);
    pool.writeOffloads(frame, { ...plain, csumStart: 34, flags: 1 });
    pool.retain(frame);
    const mine = pool.own(frame);
    expect(mine).not.toBe(frame);
    pool.view(mine)[0] = 8;
    expect(pool.view(frame)[0]).toBe(7);
    expect(pool.isPlain(mine)).toBe(false);
    expect(pool.own(frame)).toBe(frame);
    pool.release(frame);
    pool.release(mine);
    expect(pool.frameCount).toBe(0);
    expect(() => pool.release(mine)).toThrow('released twice');
  });

  test('keeps offloads, and gives a new frame none', () => {
    const pool = new FramePool();
    const offloads = {
      ...{
        csumStart: 34,
        csumOffset: 16,
        gsoSize: 1448,
        headerLength: 66,
        gsoType: 0x81,
        flags: 3,
      },
    };
    const frame = pool.allocate(9000);
    pool.writeOffloads(frame, offloads);
    const read = { ...plain };
    pool.readOffloads(frame, read);
    expect(read).toEqual(offloads);
    pool.release(frame);
    pool.readOffloads(pool.allocate(9000), read);
    expect(read).toEqual(plain);
  });

  test('comes back from its state with the same handles', () => {
    const pool = new FramePool();
    const frames = [10, 200, 3000, 60_000, 1514].map((length) => {
      const frame = pool.allocate(length);
      pool.view(frame).fill(length);
      return frame;
    });
    pool.retain(frames[4]!);
    pool.release(frames[1]!);
    const state = structuredClone(pool.saveState());
    const next = [pool.allocate(200), pool.allocate(300)];
    const other = new FramePool();
    for (let count = 0; count < 100; count++) other.allocate(500);
    other.restoreState(state);
    expect(other.frameCount).toBe(4);
    for (const [index, length] of [10, 200, 3000, 60_000, 1514].entries()) {
      if (index === 1) continue;
      expect(other.view(frames[index]!).every((byte) => byte === (length & 0xff))).toBe(true);
      expect(other.lengthOf(frames[index]!)).toBe(length);
    }
    other.release(frames[4]!);
    other.release(frames[4]!);
    expect(other.frameCount).toBe(3);
    other.restoreState(state);
    expect([other.allocate(200), other.allocate(300)]).toEqual(next);
  });

  test('has no frame of more than segmentation offload makes', () => {
    expect(() => new FramePool().allocate(70_000)).toThrow('no frame has 70000 bytes');
  });
});
