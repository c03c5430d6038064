// SPDX-License-Identifier: GPL-2.0-only

/** Queue and rate, compared with what pencil and paper say. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { buildFrame } from '../../test/helpers/frames.js';
import { filler, linkedNics } from '../../test/helpers/link-world.js';
import type { DirectionOptions } from './options.js';

/** Arrival times by the definition: a frame starts when it is there and the one before has left. */
function model(
  frames: readonly { readonly atNs: number; readonly bytes: number }[],
  { framesMax, bytesMax, nsPerByte }: { framesMax: number; bytesMax: number; nsPerByte: number },
): number[] {
  const accepted: { bytes: number; startNs: number; endNs: number }[] = [];
  for (const { atNs, bytes } of frames) {
    // One that ends in this very moment has not left before what comes in it.
    const waiting = accepted.filter(({ startNs }) => startNs > atNs);
    const isBusy = accepted.some(({ endNs }) => endNs > atNs);
    const waitingBytes = waiting.reduce((sum, frame) => sum + frame.bytes, 0);
    const fits = waiting.length + 1 <= framesMax && waitingBytes + bytes <= bytesMax;
    if (isBusy && !fits) continue;
    const startNs = Math.max(atNs, accepted.at(-1)?.endNs ?? 0);
    accepted.push({ bytes, startNs, endNs: startNs + bytes * nsPerByte });
  }
  return accepted.map(({ endNs }) => endNs);
}

describe('a drop-tail queue', () => {
  test('does what its definition says, whatever comes when', async () => {
    const arrivals = fc.array(
      fc.record({
        gapNs: fc.integer({ min: 1, max: 3_000_000 }),
        bytes: fc.integer({ min: 60, max: 1514 }),
      }),
      { maxLength: 60 },
    );
    const limits = fc.record({
      framesMax: fc.integer({ min: 0, max: 5 }),
      bytesMax: fc.integer({ min: 0, max: 6000 }),
    });
    await fc.assert(
      fc.asyncProperty(arrivals, limits, async (gaps, { framesMax, bytesMax }) => {
        const { a, b, run, link, world } = linkedNics({
          rate: '8 Mbit/s',
          queue: { packets: framesMax, bytes: bytesMax },
        });
        let nowNs = 0;
        const sent: { atNs: number; bytes: number }[] = [];
        for (const { gapNs, bytes } of gaps) {
          // Off the grid on which frames end, so that no two things happen in one moment.
          const step = Math.ceil(gapNs / 1000) * 1000 + 1;
          await run(step);
          nowNs += step;
          sent.push({ atNs: nowNs, bytes });
          a.send(filler(bytes));
        }
        await run();
        const expected = model(sent, { framesMax, bytesMax, nsPerByte: 1000 });
        expect(b.received.map(({ timeNs }) => timeNs)).toEqual(expected);
        expect(link.forward.counters.droppedByQueue).toBe(sent.length - expected.length);
        expect([a.held, world.frames.frameCount]).toEqual([0, 0]);
      }),
      { numRuns: 40, seed: 4 },
    );
  });

  const lengthsThrough = async (
    queue: DirectionOptions['queue'],
    lengths: readonly number[],
  ): Promise<number[]> => {
    const { a, b, run, link } = linkedNics({
      rate: '8 Mbit/s',
      ...(queue === undefined ? {} : { queue }),
    });
    for (const length of lengths) a.send(filler(length));
    await run();
    expect(a.held).toBe(0);
    expect(link.forward.counters.droppedByQueue).toBe(lengths.length - b.received.length);
    return b.received.map(({ bytes }) => bytes.length);
  };

  test.each<[string, DirectionOptions['queue'], number[]]>([
    ['packets', '2 packets', [100, 101, 102]],
    ['a number', 2, [100, 101, 102]],
    ['bytes', '205 B', [100, 101, 102]],
    ['both', { packets: 3, bytes: 102 }, [100, 101]],
    ['none', 0, [100]],
    ['the oldest goes', { packets: 2, drop: 'head' }, [100, 103, 104]],
    ['no limit', Infinity, [100, 101, 102, 103, 104]],
  ])('counts what waits: %s', async (_, queue, expected) => {
    expect(await lengthsThrough(queue, [100, 101, 102, 103, 104])).toEqual(expected);
  });

  test('has room for 1,000 if nobody says anything', async () => {
    const lengths = Array.from({ length: 1100 }, () => 100);
    expect((await lengthsThrough(undefined, lengths)).length).toBe(1001);
  });

  test.each(['tail', 'head'] as const)(
    'drops segments of a frame that do not fit, and gives it back once (%s)',
    async (drop) => {
      const { a, b, run, link } = linkedNics({ rate: '8 Mbit/s', queue: { packets: 1, drop } });
      const { bytes, offloads } = buildFrame({
        ...{ ip: 4, protocol: 'udp', payload: new Uint8Array(5000), gsoSize: 1000 },
      });
      a.send(bytes, offloads);
      a.send(filler(60));
      await run();
      expect(b.received.length).toBe(2);
      expect(link.forward.counters.droppedByQueue).toBe(4);
      expect(a.held).toBe(0);
      expect(a.completedNs.length).toBe(2);
    },
  );
});

describe('an MTU', () => {
  test('drops what is larger, a VLAN tag aside', async () => {
    const { a, b, run, link } = linkedNics({ mtu: 1000 });
    a.send(filler(1014));
    a.send(filler(1015));
    const tagged = buildFrame({ ip: 4, protocol: 'udp', payload: new Uint8Array(972), vlan: true });
    a.send(tagged.bytes, tagged.offloads);
    const split = buildFrame({
      ...{ ip: 4, protocol: 'tcp', payload: new Uint8Array(2000), gsoSize: 960 },
    });
    a.send(split.bytes, split.offloads);
    const tooLarge = buildFrame({
      ...{ ip: 4, protocol: 'tcp', payload: new Uint8Array(2000), gsoSize: 961 },
    });
    a.send(tooLarge.bytes, tooLarge.offloads);
    await run();
    expect(b.received.map(({ bytes }) => bytes.length)).toEqual([
      ...[1014, 1018, 1014, 1014, 134],
      // The end of the frame that was too large fits.
      132,
    ]);
    expect(link.forward.counters).toMatchObject({ droppedByMtu: 3, splitFrames: 2 });
    expect(a.held).toBe(0);
  });
});

describe('a trace', () => {
  const ms = 1e6;
  const times = async (
    trace: readonly number[],
    frames: readonly (readonly [atMs: number, packetBytes: number])[],
  ): Promise<number[]> => {
    const { a, b, run, engine } = linkedNics({ trace });
    for (const [atMs, packetBytes] of frames) {
      if (atMs * ms > engine.nowNs) await run(atMs * ms - engine.nowNs);
      a.send(filler(packetBytes + 14));
    }
    await run(2e9);
    return b.received.map(({ timeNs }) => timeNs / ms);
  };

  test('gives 1,500 bytes a line, and begins again', async () => {
    const full = [0, 1500] as const;
    expect(await times([2, 5, 5, 10], [full, full, full, full, full, full])).toEqual([
      2, 5, 5, 10, 12, 15,
    ]);
  });

  test('shares a chance among small packets and spreads a large one over several', async () => {
    expect(
      await times(
        [1, 2, 3],
        [
          [0, 700],
          [0, 700],
          [0, 700],
          [0, 3000],
        ],
      ),
    ).toEqual([1, 1, 2, 4]);
  });

  test('wastes chances that nobody takes', async () => {
    expect(
      await times(
        [1, 10, 20],
        [
          [5, 1500],
          [21.5, 1500],
        ],
      ),
    ).toEqual([10, 30]);
  });

  test('of 12 Mbit/s carries 12 Mbit/s', async () => {
    const { a, b, run } = linkedNics({ trace: [1], queue: Infinity });
    for (let count = 0; count < 1000; count++) a.send(filler(1514));
    await run();
    expect(b.received.at(-1)!.timeNs).toBe(1e9);
  });
});

describe('a change of rate', () => {
  test('reaches the frame that is being sent: bits that have left stay sent', async () => {
    const { a, b, run, link } = linkedNics({ rate: '8 Mbit/s' });
    for (const length of [1000, 1000]) a.send(filler(length));
    await run(500_000);
    link.set({ rate: '4 Mbit/s' });
    await run();
    expect(b.received.map(({ timeNs }) => timeNs)).toEqual([1_500_000, 3_500_000]);
  });

  test('to none lets all that waits go; from none it holds what comes', async () => {
    const { a, b, run, link } = linkedNics({ rate: '8 kbit/s' });
    for (const length of [1000, 1001, 1002]) a.send(filler(length));
    await run(1e6);
    link.set({ rate: Infinity });
    await run(1e6);
    expect(b.received.map(({ timeNs }) => timeNs)).toEqual([1e6, 1e6, 1e6]);
    link.set({ rate: '8 Mbit/s' });
    a.send(filler(1000));
    await run();
    expect(b.received.at(-1)!.timeNs).toBe(3e6);
  });

  test('to a trace and back begins the frame anew', async () => {
    const { a, b, run, link } = linkedNics({ rate: '8 kbit/s' });
    a.send(filler(1014));
    await run(500_000);
    link.set({ trace: [3] });
    await run(1e6);
    expect(link.forward.options).toEqual({ trace: [3] });
    a.send(filler(1014));
    await run(3e6);
    link.set({ rate: '8 Mbit/s' });
    await run();
    expect(b.received.map(({ timeNs }) => timeNs)).toEqual([3_500_000, 4_500_000 + 1_014_000]);
  });

  test('of the queue is for what comes', async () => {
    const { a, b, run, link } = linkedNics({ rate: '8 Mbit/s' });
    for (const length of [100, 101, 102]) a.send(filler(length));
    link.set({ queue: 1 });
    a.send(filler(103));
    await run();
    expect(b.received.map(({ bytes }) => bytes.length)).toEqual([100, 101, 102]);
  });

  test('is for one direction if it says so, and all or nothing', async () => {
    const { a, b, run, link } = linkedNics({ delay: '1 ms', backward: { delay: '3 ms' } });
    link.set({ forward: { delay: '2 ms' } });
    expect(() => link.set({ delay: '9 ms', backward: { loss: 2 } })).toThrow('backward: loss: 2');
    a.send(filler(60));
    b.send(filler(60));
    await run();
    expect([b.received[0]!.timeNs, a.received[0]!.timeNs]).toEqual([2e6, 3e6]);
    expect(link.backward.lookaheadNs).toBe(3e6);
  });

  test('of the delay lets no frame overtake another', async () => {
    const { a, b, run, link } = linkedNics({ delay: '10 ms' });
    a.send(filler(60));
    await run(1e6);
    link.set({ delay: '1 ms' });
    a.send(filler(61));
    await run();
    expect(b.received.map(({ timeNs, bytes }) => [timeNs, bytes.length])).toEqual([
      [10e6, 60],
      [10e6, 61],
    ]);
  });
});
