// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from 'vitest';
import { ConsoleLog, consoleWriter } from './console.js';
import { RealClock, SimulatedClock } from './clock.js';
import { SeededEntropy, SystemEntropy } from './entropy.js';

describe('clocks', () => {
  test('a simulated one moves when told, and never back', () => {
    const clock = new SimulatedClock(5);
    clock.advanceTo(9);
    expect(clock.nowNs).toBe(9);
    expect(() => clock.advanceTo(8)).toThrow('8 ns is before 9 ns');
  });

  test('a real one counts whole nanoseconds from its start', () => {
    const clock = new RealClock();
    const { nowNs } = clock;
    expect(Number.isSafeInteger(nowNs) && nowNs >= 0).toBe(true);
    expect(clock.nowNs).toBeGreaterThanOrEqual(nowNs);
  });
});

describe('entropy', () => {
  test('is xoshiro128**: the reference implementation’s first numbers', () => {
    const entropy = new SeededEntropy([1, 2, 3, 4]);
    expect(Array.from({ length: 10 }, () => entropy.nextU32())).toEqual([
      11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597,
      4258142804,
    ]);
  });

  test('repeats with its seed and name, and differs with another', () => {
    const bytesOf = (seed: number | string, name = ''): string => {
      const bytes = new Uint8Array(13);
      SeededEntropy.fromSeed(seed, name).fill(bytes);
      return bytes.join();
    };
    expect(bytesOf(1, 'a')).toBe(bytesOf(1, 'a'));
    const all = [bytesOf(1, 'a'), bytesOf(1, 'b'), bytesOf(2, 'a'), bytesOf('1a'), bytesOf('')];
    expect(new Set(all).size).toBe(all.length);
  });

  test('goes on from its state', () => {
    const entropy = SeededEntropy.fromSeed(7);
    entropy.nextU32();
    const copy = new SeededEntropy(entropy.state);
    expect(copy.nextFraction()).toBe(entropy.nextFraction());
  });

  test('fractions are even over [0, 1)', () => {
    const entropy = SeededEntropy.fromSeed(3);
    const counts = new Array<number>(10).fill(0);
    for (let index = 0; index < 10_000; index++) counts[Math.floor(entropy.nextFraction() * 10)]!++;
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(130);
  });

  test('the system’s fills every byte', () => {
    const bytes = new Uint8Array(64);
    new SystemEntropy().fill(bytes);
    expect(new Set(bytes).size).toBeGreaterThan(20);
  });
});

describe('consoles', () => {
  const record = (level: number, text: string) => ({ level, timeNs: 1_234_567_890, text });

  test('a log keeps the last records', () => {
    const log = new ConsoleLog(2);
    for (const [level, text] of [
      [6, 'one'],
      [3, 'two'],
      [7, 'three'],
    ] as const) {
      log.console(record(level, text));
    }
    expect(log.text()).toBe('two\nthree');
    expect(log.text(3)).toBe('two');
  });

  test('a writer prints as dmesg does, what is grave enough', () => {
    const lines: string[] = [];
    const console = consoleWriter((line) => lines.push(line), 4);
    console(record(4, 'careful'));
    console(record(5, 'never mind'));
    expect(lines).toEqual(['[    1.234568] careful\n']);
  });
});
