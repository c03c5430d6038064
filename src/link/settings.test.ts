// SPDX-License-Identifier: GPL-2.0-only

import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { LinkOptions } from './options.js';
import { burstSettings, checkLinkOptions, minimalDelayNs, parseDirection } from './settings.js';
import { TraceSchedule } from './trace-schedule.js';

describe('what cannot be is refused with its place', () => {
  test.each<[string, unknown, string]>([
    ['an unknown option', { speed: '1 Gbit/s' }, 'a–b: there is no option "speed"'],
    ['one of a direction', { forward: { delays: 1 } }, 'a–b: forward: there is no option "delays"'],
    ['a direction in a direction', { forward: { backward: {} } }, 'there is no option "backward"'],
    ['an unknown unit', { rate: '10 Mb' }, 'a–b: forward: rate: "10 Mb" is not a rate'],
    ['a rate of nothing', { rate: 0 }, 'rate: 0 bit/s lets nothing pass'],
    ['a negative rate', { rate: -1 }, 'rate: -1 is not a rate'],
    ['a rate that is no number', { rate: NaN }, 'is not a rate'],
    ['a negative delay', { delay: -5 }, 'delay: -5 is not a duration'],
    ['a negative delay with a unit', { delay: '-5 ms' }, 'is not a duration'],
    ['an endless delay', { delay: Infinity }, 'is not a duration'],
    ['a rate and a trace', { rate: '1 Mbit/s', trace: [1] }, 'has a rate and a trace'],
    ['a probability above one', { loss: 1.5 }, 'loss: 1.5'],
    ['a loss that is no number', { loss: NaN }, 'loss: NaN'],
    ['a loss in words', { loss: '1%' }, 'loss: "1%"'],
    ['each zeroth', { loss: { every: 0 } }, 'loss: every: 0'],
    ['an unknown model', { loss: { bursts: 3 } }, 'loss: there is no option "bursts"'],
    ['two models in one', { loss: { every: 2, gilbertElliott: {} } }, 'has two models'],
    [
      'bursts that are too short',
      { loss: { gilbertElliott: { loss: 0.9, burst: 2 } } },
      'loses more than bursts of 2 can',
    ],
    [
      'a burst of half a frame',
      { loss: { gilbertElliott: { loss: 0.1, burst: 0.5 } } },
      'burst: 0.5',
    ],
    ['half a model', { loss: { gilbertElliott: { toBad: 0.1 } } }, 'toGood: undefined'],
    ['corruption above one', { corrupt: 2 }, 'corrupt: 2'],
    ['errors of bits above one', { corrupt: { bitErrorRate: 2 } }, 'bitErrorRate: 2'],
    ['duplicates below zero', { duplicate: -0.1 }, 'duplicate: -0.1'],
    ['an MTU that IPv4 forbids', { mtu: 60 }, 'mtu: 60 bytes'],
    ['half a packet', { queue: 1.5 }, 'queue: 1.5 packets'],
    ['a negative queue', { queue: -1 }, 'queue: -1 packets'],
    ['a queue of time', { queue: '10 ms' }, 'queue: "10 ms" is not a size'],
    ['a queue of odd packets', { queue: 'ten packets' }, 'queue: "ten packets"'],
    ['another end of a queue', { queue: { packets: 1, drop: 'middle' } }, 'drop: "middle"'],
    ['a jitter of size', { jitter: '5 kB' }, 'jitter: "5 kB" is not a duration'],
    ['an unknown distribution', { jitter: { amount: 1, distribution: 'flat' } }, '"flat"'],
    ['reordering without a time', { reorder: 0.1 }, 'reorder: 0.1'],
    ['reordering by nothing said', { reorder: { probability: 0.1 } }, 'hold: undefined'],
    ['a trace of nothing', { trace: [] }, 'trace: the trace is empty'],
    ['a trace that goes back', { trace: [5, 3] }, 'entry 2, 3, is before the one above it'],
    ['a trace of no time', { trace: [0, 0] }, 'lasts 0 ms'],
    ['a trace of fractions', { trace: [0.5] }, 'entry 1, 0.5, is no whole number'],
    [
      'a trace that is not there',
      { trace: '/no/such/file' },
      'cannot read the trace /no/such/file',
    ],
    ['a direction that is none', { forward: 5 }, 'forward: 5'],
  ])('%s', (_, options, message) => {
    expect(() => checkLinkOptions(options as LinkOptions, 'a–b')).toThrow(message);
  });
});

test('what nobody said is an ideal link', () => {
  expect(parseDirection({}, 'x')).toEqual({
    mtuBytes: Infinity,
    queue: { framesMax: 1000, bytesMax: Infinity, dropsOldest: false },
    rateBitsPerSecond: Infinity,
    trace: undefined,
    loss: [],
    duplicateProbability: 0,
    corrupt: { frameProbability: 0, bitErrorRate: 0 },
    delayNs: 0,
    jitter: undefined,
    reorder: undefined,
  });
});

test('quantities have units', () => {
  expect(
    parseDirection({ rate: '10 Mbit/s', delay: '5 ms', queue: '64 kB', jitter: '1 ms' }, 'x'),
  ).toMatchObject({
    rateBitsPerSecond: 10e6,
    delayNs: 5e6,
    queue: { framesMax: Infinity, bytesMax: 64_000 },
    jitter: { amountNs: 1e6, distribution: 'uniform', overtakes: false },
  });
});

test('no frame is faster than the least delay', () => {
  const least = (options: LinkOptions): number => minimalDelayNs(parseDirection(options, 'x'));
  expect(least({ delay: '10 ms' })).toBe(10e6);
  expect(least({ delay: '10 ms', jitter: '3 ms' })).toBe(7e6);
  expect(least({ delay: '10 ms', jitter: { amount: '2 ms', distribution: 'normal' } })).toBe(2e6);
  expect(least({ delay: '1 ms', jitter: { amount: '9 ms', distribution: 'pareto' } })).toBe(1e6);
  expect(least({ delay: '1 ms', jitter: '2 ms' })).toBe(0);
  expect(least({ delay: '1 ms', reorder: { probability: 1, hold: '5 ms' } })).toBe(1e6);
});

test('a share and a burst are transition probabilities', () => {
  const { toBad, toGood, lossInBad, lossInGood } = burstSettings({ loss: 0.2, burst: 4 }, 'x');
  expect([toGood, lossInBad, lossInGood]).toEqual([0.25, 1, 0]);
  // The share of time in the bad state is what is lost.
  expect(toBad / (toBad + toGood)).toBeCloseTo(0.2, 12);
  expect(burstSettings({ loss: 1, burst: 3 }, 'x')).toMatchObject({ toBad: 1, toGood: 0 });
});

describe('a trace', () => {
  test('is read from a file, with empty lines at its end', () => {
    const file = join(tmpdir(), `libos-trace-${process.pid}.txt`);
    writeFileSync(file, '1\n2\n2\n10\n\n');
    const trace = TraceSchedule.fromFile(file, 'trace');
    expect(Array.from({ length: 9 }, (_, index) => trace.timeOfNs(index) / 1e6)).toEqual([
      1, 2, 2, 10, 11, 12, 12, 20, 21,
    ]);
    expect(trace.meanBitsPerSecond).toBe(4.8e6);
  });

  test('finds the chance that comes next', () => {
    const trace = new TraceSchedule([0, 3, 3, 10], 'trace');
    for (let timeNs = 0; timeNs < 45e6; timeNs += 250_000) {
      let expected = 0;
      while (trace.timeOfNs(expected) < timeNs) expected++;
      expect(trace.firstFrom(timeNs)).toBe(expected);
    }
  });

  test('of something else is refused', () => {
    expect(() => TraceSchedule.parse('1\nfast\n', 'up')).toThrow('up: the trace entry 2, "fast"');
  });
});
