// SPDX-License-Identifier: GPL-2.0-only

/** Loss, duplicates, bit errors, jitter and reordering: their statistics within bounds, and exact for a seed. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { buildFrame, words } from '../../../test/helpers/frames.js';
import { filler, linkedNics } from '../../../test/helpers/link-world.js';
import type { FrameView } from '../frame-view.js';
import type { LinkOptions } from '../options.js';

/** Sends frames that say their number, 1 ms apart or all at once; tells which arrived and when. */
async function through(
  options: LinkOptions,
  count: number,
  { seed = 1, gapNs = 1e6, lengthBytes = 100 } = {},
) {
  const pair = linkedNics(options, seed);
  for (let number = 0; number < count; number++) {
    const bytes = filler(lengthBytes);
    new DataView(bytes.buffer).setUint32(20, number);
    pair.a.send(bytes);
    if (gapNs > 0) await pair.run(gapNs);
  }
  await pair.run(100e9);
  expect([pair.a.held, pair.world.frames.frameCount]).toEqual([0, 0]);
  const numbers = pair.b.received.map(({ bytes }) => new DataView(bytes.buffer).getUint32(20));
  return { ...pair, numbers, counters: pair.link.forward.counters };
}

describe('loss', () => {
  test('takes its share of the frames, others with another seed, the same with the same', async () => {
    const first = await through({ loss: 0.1 }, 5000, { gapNs: 0 });
    // Four standard deviations are 85.
    expect(Math.abs(first.counters.droppedByLoss - 500)).toBeLessThan(85);
    const again = await through({ loss: 0.1 }, 5000, { gapNs: 0 });
    expect(again.numbers).toEqual(first.numbers);
    const other = await through({ loss: 0.1 }, 5000, { gapNs: 0, seed: 2 });
    expect(other.numbers).not.toEqual(first.numbers);
  });

  test('is the same whatever else the link does: each decision has a stream of its own', async () => {
    const alone = await through({ loss: 0.2 }, 500);
    const jitter = { amount: '100 us', distribution: 'normal' } as const;
    const along = await through({ loss: 0.2, jitter, corrupt: 0.5, delay: '1 ms' }, 500);
    const lost = ({ counters }: typeof alone): number => counters.droppedByLoss;
    expect(lost(along)).toBe(lost(alone));
  });

  test('takes each nth frame', async () => {
    const { numbers } = await through({ loss: { every: 3 } }, 9);
    expect(numbers).toEqual([0, 1, 3, 4, 6, 7]);
  });

  test('asks a predicate, which sees what the wire carries', async () => {
    const seen: FrameView[] = [];
    const { a, b, run } = linkedNics({
      loss: (frame) => {
        seen.push(frame);
        return frame.tcp !== undefined && frame.payload.length < 1000;
      },
    });
    const { bytes, offloads } = buildFrame({
      ...{ ip: 4, protocol: 'tcp', payload: new Uint8Array(2500).fill(1), gsoSize: 1000 },
    });
    a.send(bytes, offloads);
    await run();
    expect(b.received.length).toBe(2);
    expect(seen.map((frame) => frame.payload.length)).toEqual([1000, 1000, 500]);
    expect(seen[0]).toMatchObject({
      ...{ direction: 'forward', from: 'a', to: 'b', source: '192.0.2.1' },
      ...{ destination: '192.0.2.2', protocol: 6, sourcePort: 1000, destinationPort: 2000 },
    });
  });

  test('takes what any of several models takes', async () => {
    const { numbers } = await through({ loss: [{ every: 2 }, { every: 2 }] }, 8);
    expect(numbers).toEqual([0, 4]);
  });

  test('comes in bursts of the length that was asked for', async () => {
    const count = 40_000;
    const burst = 5;
    const gilbertElliott = { loss: 0.1, burst };
    const { numbers, counters } = await through({ loss: { gilbertElliott } }, count, { gapNs: 0 });
    expect(counters.droppedByLoss / count).toBeGreaterThan(0.08);
    expect(counters.droppedByLoss / count).toBeLessThan(0.12);
    let bursts = 0;
    let before = -1;
    for (const number of [...numbers, count]) {
      if (number > before + 1) bursts++;
      before = number;
    }
    const meanBurst = counters.droppedByLoss / bursts;
    expect(Math.abs(meanBurst - burst)).toBeLessThan(0.5);
  });

  test('of both states of Gilbert and Elliott counts', async () => {
    const gilbertElliott = { toBad: 0.5, toGood: 0.5, lossInBad: 0.6, lossInGood: 0.2 };
    const { counters } = await through({ loss: { gilbertElliott } }, 5000, { gapNs: 0 });
    expect(Math.abs(counters.droppedByLoss / 5000 - 0.4)).toBeLessThan(0.03);
  });

  test('keeps its place when something else is set', async () => {
    const { a, b, run, link } = linkedNics({ loss: { every: 4 } });
    for (let count = 0; count < 3; count++) a.send(filler(60));
    await run();
    link.set({ delay: '1 ms' });
    a.send(filler(61));
    a.send(filler(62));
    await run();
    expect(b.received.map(({ bytes }) => bytes.length)).toEqual([60, 60, 60, 62]);
  });
});

describe('corruption', () => {
  test('flips one bit of a share of the frames', async () => {
    const { b, counters } = await through({ corrupt: 0.25 }, 2000, { gapNs: 0, lengthBytes: 64 });
    const flipped = b.received.map(({ bytes }, number) => {
      const sent = filler(64);
      new DataView(sent.buffer).setUint32(20, number);
      return bytes.reduce((sum, byte, at) => sum + bitsOf(byte ^ sent[at]!), 0);
    });
    expect(new Set(flipped)).toEqual(new Set([0, 1]));
    const corrupted = flipped.filter((bits) => bits === 1).length;
    expect(counters.corrupted).toBe(corrupted);
    expect(Math.abs(corrupted - 500)).toBeLessThan(80);
  });

  test('flips each bit with its probability', async () => {
    const lengthBytes = 1250;
    const bitErrorRate = 1e-3;
    const { b } = await through({ corrupt: { bitErrorRate } }, 400, { gapNs: 0, lengthBytes });
    let bits = 0;
    for (const [number, { bytes }] of b.received.entries()) {
      const sent = filler(lengthBytes);
      new DataView(sent.buffer).setUint32(20, number);
      for (const [at, byte] of bytes.entries()) bits += bitsOf(byte ^ sent[at]!);
    }
    // 4,000 expected; the standard deviation is 63.
    expect(Math.abs(bits - 4000)).toBeLessThan(260);
  });

  test('comes after the checksum, so that the receiver notices', async () => {
    const { a, b, run } = linkedNics({ corrupt: 1 });
    const { bytes, offloads } = buildFrame({
      ...{ ip: 4, protocol: 'udp', payload: new Uint8Array(400).fill(9) },
    });
    for (let count = 0; count < 50; count++) a.send(bytes, offloads);
    await run();
    for (const { bytes: received, offloads: left } of b.received) {
      expect(left.flags).toBe(0);
      const datagram = received.subarray(34);
      const pseudo = [
        ...received.subarray(26, 34),
        0,
        17,
        datagram.length >>> 8,
        datagram.length & 255,
      ];
      const atTransport = received.some(
        (byte, at) => at >= 34 && byte !== bytes[at] && at !== 40 && at !== 41,
      );
      if (atTransport) expect(words([...pseudo, ...datagram])).not.toBe(0xffff);
    }
  });
});

describe('duplicates', () => {
  test('are frames that come twice, at once', async () => {
    const { numbers, counters } = await through({ duplicate: 0.3 }, 1000);
    expect(numbers.length).toBe(1000 + counters.duplicated);
    expect(Math.abs(counters.duplicated - 300)).toBeLessThan(60);
    expect([...numbers].sort((x, y) => x - y)).toEqual(numbers);
  });

  test('go their own way: one may be corrupted and the other not', async () => {
    const { b } = await through({ duplicate: 1, corrupt: 0.5 }, 100);
    expect(b.received.length).toBe(200);
    const pairs = b.received.filter((_, index) => index % 2 === 0);
    const differ = pairs.filter(
      ({ bytes }, index) => Buffer.compare(bytes, b.received[2 * index + 1]!.bytes) !== 0,
    );
    expect(differ.length).toBeGreaterThan(50);
  });
});

describe('jitter', () => {
  const delays = async (jitter: LinkOptions['jitter'], count = 2000): Promise<number[]> => {
    const options = { delay: '50 ms', ...(jitter === undefined ? {} : { jitter }) };
    const { b } = await through(options, count, { gapNs: 1e9 });
    return b.received.map(({ timeNs }, index) => (timeNs - index * 1e9) / 1e6);
  };
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const deviation = (values: readonly number[]): number => {
    const middle = mean(values);
    return Math.sqrt(mean(values.map((value) => (value - middle) ** 2)));
  };

  test('is even around the delay', async () => {
    const values = await delays('10 ms');
    expect(Math.abs(mean(values) - 50)).toBeLessThan(0.6);
    expect(Math.abs(deviation(values) - 10 / Math.sqrt(3))).toBeLessThan(0.3);
    expect(Math.min(...values)).toBeGreaterThanOrEqual(40);
    expect(Math.max(...values)).toBeLessThanOrEqual(60);
  });

  test('is normal around the delay, and cut', async () => {
    const values = await delays({ amount: '10 ms', distribution: 'normal' });
    expect(Math.abs(mean(values) - 50)).toBeLessThan(1);
    expect(Math.abs(deviation(values) - 10)).toBeLessThan(0.7);
    expect(Math.min(...values)).toBeGreaterThanOrEqual(10);
  });

  test.each(['exponential', 'pareto'] as const)('is %s above the delay', async (distribution) => {
    const values = await delays({ amount: '10 ms', distribution });
    expect(Math.abs(mean(values) - 60)).toBeLessThan(1.5);
    expect(Math.min(...values)).toBeGreaterThanOrEqual(50);
    expect(Math.max(...values)).toBeLessThanOrEqual(250);
  });

  test('never lets a delay be less than nothing', async () => {
    const { b } = await through({ delay: '1 ms', jitter: '50 ms' }, 200, { gapNs: 1e9 });
    expect(Math.min(...b.received.map(({ timeNs }, index) => timeNs - index * 1e9))).toBe(0);
  });

  test('keeps the order, unless it was asked not to', async () => {
    const inOrder = await through({ delay: '5 ms', jitter: '5 ms' }, 500, { gapNs: 100_000 });
    expect(inOrder.numbers).toEqual(Array.from({ length: 500 }, (_, index) => index));
    const jitter = { amount: '5 ms', reorder: true };
    const any = await through({ delay: '5 ms', jitter }, 500, { gapNs: 100_000 });
    expect(any.numbers).not.toEqual(inOrder.numbers);
    expect([...any.numbers].sort((x, y) => x - y)).toEqual(inOrder.numbers);
  });

  test('arrivals are in the order of their times, whatever the jitter', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 20_000_000 }),
        fc.constantFrom('uniform', 'normal', 'exponential', 'pareto'),
        fc.boolean(),
        async (amountNs, distribution, reorder) => {
          const jitter = { amount: amountNs, distribution, reorder } as const;
          const { b, numbers } = await through({ delay: '20 ms', jitter }, 60, { gapNs: 300_000 });
          const times = b.received.map(({ timeNs }) => timeNs);
          expect([...times].sort((x, y) => x - y)).toEqual(times);
          expect(new Set(numbers).size).toBe(60);
        },
      ),
      { numRuns: 20, seed: 3 },
    );
  });
});

describe('reordering', () => {
  test('holds frames back, and others overtake them', async () => {
    const reorder = { probability: 0.1, hold: '5 ms' };
    const { b, numbers, counters } = await through({ delay: '10 ms', reorder }, 1000);
    const late = b.received.filter(({ timeNs }, index) => timeNs !== numbers[index]! * 1e6 + 10e6);
    expect(late.length).toBe(counters.heldBack);
    expect(Math.abs(counters.heldBack - 100)).toBeLessThan(40);
    for (const [index, number] of numbers.entries()) {
      const arrivedNs = b.received[index]!.timeNs - number * 1e6;
      expect([10e6, 15e6]).toContain(arrivedNs);
    }
  });
});

describe('rules', () => {
  test('the first that does not say pass decides, until it is gone', async () => {
    const { a, b, run, link } = linkedNics({ delay: '1 ms' });
    const asked: string[] = [];
    const slow = link.rule((frame) => {
      asked.push(`${frame.direction} ${frame.lengthBytes}`);
      return frame.lengthBytes === 100 ? { delay: '5 ms' } : 'pass';
    });
    {
      using drop = link.forward.rule(({ lengthBytes }) => (lengthBytes < 200 ? 'drop' : 'pass'));
      for (const length of [100, 150, 200]) a.send(filler(length));
      b.send(filler(150));
      await run();
      expect(drop).toBeDefined();
    }
    a.send(filler(150));
    await run();
    slow[Symbol.dispose]();
    a.send(filler(100));
    await run();
    expect(b.received.map(({ bytes, timeNs }) => [bytes.length, timeNs % 1e9])).toEqual([
      [200, 1e6],
      [100, 6e6],
      [150, 1e6],
      [100, 1e6],
    ]);
    expect(a.received.length).toBe(1);
    expect(link.forward.counters).toMatchObject({ droppedByRule: 1, heldBack: 1 });
    expect(asked).toEqual([
      ...['forward 100', 'forward 150', 'forward 200', 'backward 150', 'forward 150'],
    ]);
  });

  test('an answer that is none is an error', async () => {
    const { a, run, link } = linkedNics({ delay: '1 ms' });
    link.rule(() => Promise.resolve('pass') as unknown as 'pass');
    a.send(filler(60));
    await expect(run()).rejects.toThrow('a rule answered {}');
  });
});

const bitsOf = (byte: number): number => byte.toString(2).replaceAll('0', '').length;
