// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from 'vitest';
import { buildFrame } from '../../test/helpers/frames.js';
import { filler, linkedNics, linkWorld } from '../../test/helpers/link-world.js';
import { MemoryNic } from '../../test/helpers/memory-nic.js';
import { Engine } from '../dce/engine.js';
import type { FrameObserver } from './end.js';
import { Link } from './link.js';
import { wireFrames } from './segment.js';

const bigTcp = (payloadBytes: number, gsoSize: number) =>
  buildFrame({
    ...{ ip: 4, protocol: 'tcp', payload: new Uint8Array(payloadBytes).fill(7), gsoSize },
  });

describe('an ideal link', () => {
  test('carries a frame whole and at once, and gives it back', async () => {
    const { a, b, run, world, link } = linkedNics();
    const { bytes, offloads } = bigTcp(9000, 1448);
    a.send(bytes, offloads);
    expect(b.received).toEqual([]);
    await run();
    expect(b.received).toEqual([{ timeNs: 0, bytes, offloads }]);
    expect(a.completedNs).toEqual([0]);
    expect([a.held, b.held, world.frames.frameCount]).toEqual([0, 0, 0]);
    expect(link.forward.counters).toMatchObject({
      ...{ sentFrames: 7, receivedFrames: 7, sentBytes: 9054, splitFrames: 0 },
    });
  });

  test('carries the same when somebody watches', async () => {
    const { a, b, run, link } = linkedNics();
    const { bytes, offloads } = bigTcp(1500, 1000);
    const seen: number[] = [];
    link.observe({
      snapBytes: Infinity,
      onFrame: (_end, _direction, _timeNs, length) => seen.push(length),
    });
    a.send(bytes, offloads);
    await run();
    expect(seen).toEqual([1054, 554, 1054, 554]);
    expect(b.received).toEqual([{ timeNs: 0, bytes, offloads }]);
  });

  test('shows beginnings of frames without a detour', async () => {
    const { a, b, run, link, world } = linkedNics();
    const seen: string[] = [];
    link.observe({
      snapBytes: 20,
      onFrame: ({ label }, direction, _timeNs, length, first) =>
        seen.push(`${label} ${direction} ${length} ${first.length} ${first.at(-1)}`),
    });
    const { bytes, offloads } = bigTcp(1500, 1000);
    a.send(bytes, offloads);
    a.send(filler(17));
    b.down = true;
    await run(0);
    expect(seen).toEqual(['a out 1554 20 254', 'a out 17 17 17']);
    b.down = false;
    a.send(filler(17));
    await run();
    expect(seen.slice(2)).toEqual(['a out 17 17 17', 'b in 17 17 17']);
    // Nothing was ever in the pool.
    expect(world.frames.saveState().classes.length).toBe(1);
  });

  test('delays, but not the completion, and keeps the frame whole', async () => {
    const { a, b, run } = linkedNics({ delay: '5 ms' });
    const { bytes, offloads } = bigTcp(30_000, 1448);
    a.send(bytes, offloads);
    await run();
    expect(b.received).toEqual([{ timeNs: 5e6, bytes, offloads }]);
    expect(a.completedNs).toEqual([0]);
  });
});

describe('a link with a rate', () => {
  const rate = { rate: '8 Mbit/s', delay: '1 us' };

  test('sends one frame after the other, both ways at a time', async () => {
    const { a, b, run } = linkedNics(rate);
    a.send(filler(1000));
    a.send(filler(500));
    b.send(filler(100));
    await run();
    expect(b.received.map(({ timeNs }) => timeNs)).toEqual([1_001_000, 1_501_000]);
    expect(a.completedNs).toEqual([1_000_000, 1_500_000]);
    expect(a.received.map(({ timeNs }) => timeNs)).toEqual([101_000]);
  });

  test('does not lose a fraction of a nanosecond with each frame', async () => {
    const { a, b, run } = linkedNics({ rate: '3 Gbit/s', queue: Infinity });
    for (let count = 0; count < 3000; count++) a.send(filler(1000));
    await run();
    expect(b.received.at(-1)!.timeNs).toBe(8_000_000);
  });

  test('splits what segmentation offload left whole, each segment in its time', async () => {
    const { a, b, run, link } = linkedNics(rate);
    const { bytes, offloads } = buildFrame({
      ...{ ip: 6, protocol: 'tcp', payload: new Uint8Array(2500).fill(7), gsoSize: 1000 },
    });
    a.send(bytes, offloads);
    await run();
    const headers = offloads.headerLength;
    expect(b.received.map(({ bytes: { length } }) => length - headers)).toEqual([1000, 1000, 500]);
    expect(b.received.map(({ timeNs }) => timeNs)).toEqual([
      1_001_000 + headers * 1000,
      2_001_000 + 2 * headers * 1000,
      2_501_000 + 3 * headers * 1000,
    ]);
    expect(a.completedNs).toEqual([2_500_000 + 3 * headers * 1000]);
    expect(link.forward.counters.splitFrames).toBe(1);
    // With their checksums completed they are what a capture shows.
    const completed = b.received.flatMap((one) => wireFrames(one.bytes, one.offloads));
    expect(completed).toEqual(wireFrames(bytes, offloads));
  });

  test('counts what the receiver does not take', async () => {
    const { a, b, run, link } = linkedNics(rate);
    b.down = true;
    a.send(filler(100));
    await run();
    expect(link.forward.counters).toMatchObject({
      ...{ sentFrames: 1, receivedFrames: 0, droppedByReceiver: 1 },
    });
    expect(a.held).toBe(0);
  });

  test('forgets frames whose sender has crashed, and wastes no time on them', async () => {
    const { a, b, run, link } = linkedNics(rate);
    for (const length of [1000, 1001, 1002]) a.send(filler(length));
    await run(500_000);
    a.forgetAll();
    a.send(filler(100));
    await run();
    expect(b.received.map(({ timeNs }) => timeNs)).toEqual([1_101_000]);
    expect(link.forward.counters.droppedByCrash).toBe(3);
  });
});

describe('observers', () => {
  const watch = (snapBytes: number, seen: string[]): FrameObserver => ({
    snapBytes,
    onFrame: ({ label }, direction, timeNs, lengthBytes, bytes) =>
      seen.push(`${label} ${direction} ${timeNs} ${lengthBytes}/${bytes.length}`),
  });

  test('see each frame leave and arrive as the wire carries it, until they stop', async () => {
    const { a, link, run } = linkedNics({ rate: '8 Mbit/s', delay: '1 us' });
    const seen: string[] = [];
    const shown: Uint8Array[] = [];
    const { bytes, offloads } = bigTcp(1500, 1000);
    const tap = link.observe(watch(Infinity, seen));
    link.ends[1].observe({
      snapBytes: Infinity,
      onFrame: (_end, _direction, _timeNs, _length, frame) => shown.push(frame.slice()),
    });
    a.send(bytes, offloads);
    await run();
    expect(seen).toEqual([
      'a out 1054000 1054/1054',
      'b in 1055000 1054/1054',
      'a out 1608000 554/554',
      'b in 1609000 554/554',
    ]);
    expect(shown).toEqual(wireFrames(bytes, offloads));
    tap[Symbol.dispose]();
    a.send(bytes, offloads);
    await run();
    expect(seen.length).toBe(4);
    expect(shown.length).toBe(4);
  });

  test('that want little see a frame once, as it lies', async () => {
    const { a, link, run } = linkedNics({ delay: '1 us' });
    const seen: string[] = [];
    link.observe(watch(96, seen));
    const { bytes, offloads } = bigTcp(1500, 1000);
    a.send(bytes, offloads);
    a.send(filler(60));
    await run();
    expect(seen).toEqual([
      'a out 0 1554/96',
      'a out 0 60/60',
      'b in 1000 1554/96',
      'b in 1000 60/60',
    ]);
  });

  test('see nothing of what an end does not take', async () => {
    const { a, b, link, run } = linkedNics({ delay: '1 us' });
    const seen: string[] = [];
    link.ends[1].observe(watch(Infinity, seen));
    b.down = true;
    a.send(filler(60));
    await run();
    expect(seen).toEqual([]);
  });
});

describe('up and down', () => {
  test('without a carrier nothing passes, and nothing is kept', async () => {
    const { a, b, link, run, world } = linkedNics({ rate: '8 Mbit/s', delay: '1 ms' });
    expect([a.carrier, b.carrier, link.isUp]).toEqual([true, true, true]);
    // The first is on its way, the second being sent, the third waiting.
    for (const length of [1000, 1001, 1002]) a.send(filler(length));
    await run(1_500_000);
    link.down();
    expect([a.carrier, b.carrier, link.isUp]).toEqual([false, false, false]);
    a.send(filler(1003));
    await run();
    expect(b.received).toEqual([]);
    expect(a.held).toBe(0);
    expect(world.frames.frameCount).toBe(0);
    expect(link.forward.counters).toMatchObject({
      ...{ sentFrames: 1, droppedByDown: 3, droppedInFlight: 1, queueFrames: 0 },
    });
    link.up();
    expect(a.carrier).toBe(true);
    a.send(filler(500));
    await run();
    expect(b.received.map(({ timeNs }) => timeNs)).toEqual([1_001_500_000 + 1_500_000]);
  });

  test('what was on its way when it went does not come when it is back before it would arrive', async () => {
    const { a, b, link, run } = linkedNics({ delay: '10 ms' });
    a.send(filler(60));
    await run(1e6);
    link.down();
    link.up();
    a.send(filler(61));
    await run();
    expect(b.received.map(({ bytes }) => bytes.length)).toEqual([61]);
  });

  test('disconnecting takes the carrier; what is on the way arrives', async () => {
    const { a, b, link, run } = linkedNics({ delay: '10 ms' });
    a.send(filler(60));
    await run(1e6);
    link.disconnect();
    expect([a.carrier, a.sink]).toEqual([false, undefined]);
    await run();
    expect(b.received.length).toBe(1);
  });
});

describe('injected frames', () => {
  test('arrive after the delay, past queue and rate', async () => {
    const { a, b, link, run } = linkedNics({ rate: '8 kbit/s', delay: '2 ms' });
    a.send(filler(1000));
    link.forward.inject(filler(70));
    link.backward.inject(filler(71));
    await run(1e8);
    expect(b.received.map(({ timeNs, bytes }) => [timeNs, bytes.length])).toEqual([[2e6, 70]]);
    expect(a.received.map(({ bytes }) => bytes.length)).toEqual([71]);
  });
});

test('a link needs two ends', () => {
  const nic = new MemoryNic('a', () => 0);
  const world = linkWorld(new Engine(() => Promise.resolve()));
  expect(() => new Link(world, nic, nic)).toThrow('a: a link needs two ends');
});
