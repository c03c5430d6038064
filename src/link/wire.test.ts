// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from 'vitest';
import { Engine } from '../dce/engine.js';
import { buildFrame } from '../../test/helpers/frames.js';
import { MemoryNic } from '../../test/helpers/memory-nic.js';
import { wireFrames } from './segment.js';
import { Wire, type WireOptions } from './wire.js';

function setUp(options: WireOptions = {}) {
  const engine = new Engine(() => Promise.resolve());
  const [a, b] = ['a', 'b'].map((label) => new MemoryNic(label, () => engine.nowNs));
  const wire = new Wire(engine, a!, b!, options);
  const run = (): Promise<boolean> => engine.run(engine.nowNs + 1e9, () => false);
  return { engine, a: a!, b: b!, wire, run };
}

const frame = (length: number): Uint8Array => new Uint8Array(length).fill(length & 0xff);

describe('an ideal wire', () => {
  test('carries a frame whole and at once, and gives it back', async () => {
    const { a, b, run } = setUp();
    const { bytes, offloads } = buildFrame({
      ...{ ip: 4, protocol: 'tcp', payload: new Uint8Array(9000), gsoSize: 1448 },
    });
    a.send(bytes, offloads);
    expect(b.received).toEqual([]);
    await run();
    expect(b.received).toEqual([{ timeNs: 0, bytes, offloads }]);
    expect(a.completedNs).toEqual([0]);
    expect([a.held, b.held]).toEqual([0, 0]);
  });

  test('delays, but not the completion', async () => {
    const { a, b, run } = setUp({ delayNs: 5e6 });
    a.send(frame(100));
    await run();
    expect(b.received[0]!.timeNs).toBe(5e6);
    expect(a.completedNs).toEqual([0]);
  });
});

describe('a wire with a rate', () => {
  const rate = { rateBitsPerSecond: 8e6, delayNs: 1000 };

  test('sends one frame after the other, both ways at a time', async () => {
    const { a, b, run } = setUp(rate);
    a.send(frame(1000));
    a.send(frame(500));
    b.send(frame(100));
    await run();
    expect(b.received.map(({ timeNs }) => timeNs)).toEqual([1_001_000, 1_501_000]);
    expect(a.completedNs).toEqual([1_000_000, 1_500_000]);
    expect(a.received.map(({ timeNs }) => timeNs)).toEqual([101_000]);
  });

  test('splits what segmentation offload left whole, each segment in its time', async () => {
    const { a, b, run } = setUp(rate);
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
    // With their checksums completed they are what a capture shows.
    const completed = b.received.flatMap((one) => wireFrames(one.bytes, one.offloads));
    expect(completed).toEqual(wireFrames(bytes, offloads));
  });

  test('drops what finds the queue full, and gives it back', async () => {
    const { a, b, run, wire } = setUp({ ...rate, queueFrames: 1 });
    for (const length of [100, 101, 102]) a.send(frame(length));
    await run();
    expect(b.received.map(({ bytes }) => bytes.length)).toEqual([100, 101]);
    expect(wire.counters[0]).toMatchObject({ frames: 2, bytes: 201, droppedByQueue: 1 });
    expect(a.held).toBe(0);
    a.send(frame(103));
    await run();
    expect(b.received.length).toBe(3);
  });

  test('drops the end of a frame whose segments do not all fit the queue', async () => {
    const { a, b, run, wire } = setUp({ ...rate, queueFrames: 1 });
    const { bytes, offloads } = buildFrame({
      ...{ ip: 4, protocol: 'udp', payload: new Uint8Array(5000), gsoSize: 1000 },
    });
    a.send(bytes, offloads);
    await run();
    expect(b.received.length).toBe(2);
    expect(wire.counters[0].droppedByQueue).toBe(3);
    expect(a.held).toBe(0);
  });

  test('counts what the receiver does not take', async () => {
    const { a, b, run, wire } = setUp(rate);
    b.down = true;
    a.send(frame(100));
    await run();
    expect(wire.counters[0]).toMatchObject({ frames: 1, droppedByReceiver: 1 });
    expect(a.held).toBe(0);
  });
});

describe('observers', () => {
  test('see each frame leave and arrive as the wire carries it, until they stop', async () => {
    const { a, wire, run } = setUp({ rateBitsPerSecond: 8e6, delayNs: 1000 });
    const seen: string[] = [];
    const { bytes, offloads } = buildFrame({
      ...{ ip: 4, protocol: 'tcp', payload: new Uint8Array(1500), gsoSize: 1000 },
    });
    const [first, second] = wireFrames(bytes, offloads).map((one) => Buffer.from(one));
    const tap = wire.observe(({ nic, direction, timeNs, bytes: shown }) => {
      const which = first!.equals(shown) ? 'first' : second!.equals(shown) ? 'second' : 'other';
      seen.push(`${nic.label} ${direction} ${which} ${timeNs}`);
    });
    a.send(bytes, offloads);
    await run();
    expect(seen).toEqual([
      'a out first 1054000',
      'b in first 1055000',
      'a out second 1608000',
      'b in second 1609000',
    ]);
    tap[Symbol.dispose]();
    a.send(bytes, offloads);
    await run();
    expect(seen.length).toBe(4);
  });

  test('do not change what an ideal wire carries', async () => {
    const { a, b, wire, run } = setUp();
    const { bytes, offloads } = buildFrame({
      ...{ ip: 4, protocol: 'tcp', payload: new Uint8Array(1500), gsoSize: 1000 },
    });
    let seen = 0;
    wire.observe(() => seen++);
    a.send(bytes, offloads);
    await run();
    expect(seen).toBe(4);
    expect(b.received.map((one) => one.bytes)).toEqual([bytes]);
  });
});

test('an impossible wire is refused with the reason', () => {
  expect(() => setUp({ delayNs: -1 })).toThrow('wire a–b: a delay of -1 ns is impossible');
  expect(() => setUp({ rateBitsPerSecond: 0 })).toThrow('a rate of 0 bit/s');
  expect(() => setUp({ queueFrames: -1 })).toThrow('a queue of -1 frames');
  const nic = new MemoryNic('a', () => 0);
  expect(() => new Wire(new Engine(() => Promise.resolve()), nic, nic)).toThrow('needs two ends');
});
