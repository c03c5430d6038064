// SPDX-License-Identifier: GPL-2.0-only

/** Time and chance as programs see them: virtual, by whatever name, and the same again with the same seed. */
import { beforeAll, describe, expect, test } from 'vitest';
import { programOf, runFile, type FileRun } from './run-file.js';

describe('globals of a scenario', () => {
  let run: FileRun;
  beforeAll(async () => {
    run = await runFile('globals.ts', { seed: 5 });
    expect(run.error).toBeUndefined();
  });

  test('clocks show virtual time', () => {
    const elapsedMs = 1554;
    expect(programOf(run, 'alice/clocks').result).toEqual({
      date: '2025-01-01T00:00:01.554Z',
      text: 'Wed Jan 01 2025',
      formatted: '12:00:01 AM',
      isDate: true,
      elapsedMs,
      performanceMs: elapsedMs,
      importedMs: elapsedMs,
      hrtimeMs: elapsedMs,
      hrtime: [1, 554e6],
      uptime: 1.554,
      origin: Date.UTC(2025, 0, 1),
      measuredMs: elapsedMs,
      // setImmediate before time moves; a timer at 9, 10, 18, 20, 27 ms.
      order: ['at once', 'tick', 'a', 'tick', 'b', 'tick'],
      aborted: 'AbortError',
    });
  });

  test('a host whose calendar is wrong shows its own', () => {
    expect(programOf(run, 'bob/wrong-clock').result).toBe('2025-01-01T01:00:01.000Z');
  });

  test('the scenario itself is in virtual time', () => {
    const [early, timer] = run.first.reports.map(({ value }) => value);
    expect(early).toMatchObject({ date: Date.UTC(2025, 0, 1) });
    expect(timer).toEqual(["the scenario's own timer at 250000000 ns"]);
  });

  test('chance is of the shapes that it should be', () => {
    const [random, , whole, five, uuid, otherUuid, bytes, words] = programOf(run, 'alice/chance')
      .result as [number, number, number, number, string, string, string, number[]];
    expect(random).toBeGreaterThan(0);
    expect(random).toBeLessThan(1);
    expect(Number.isInteger(whole) && whole >= 0 && whole < 1000).toBe(true);
    expect(five).toBe(5);
    const version4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
    expect(uuid).toMatch(version4);
    expect(otherUuid).toMatch(version4);
    expect(bytes).toMatch(/^[0-9a-f]{8}$/);
    expect(Math.max(...words)).toBeGreaterThan(255);
  });

  test('each program has a stream of its own, the same with the same seed', async () => {
    const again = await runFile('globals.ts', { seed: 5 });
    expect(again.first.programs).toEqual(run.first.programs);
    expect(again.first.reports).toEqual(run.first.reports);
    expect(again.first.digest).toBe(run.first.digest);
    const [alice, bob] = ['alice', 'bob'].map((host) => programOf(run, `${host}/chance`).result);
    expect(alice).not.toEqual(bob);
    const other = await runFile('globals.ts', { seed: 6 });
    expect(programOf(other, 'alice/chance').result).not.toEqual(alice);
  });
});

describe('the real world', () => {
  test('is closed to programs, and open by os.outside, for which time stands still', async () => {
    const run = await runFile('outside.ts');
    expect(run.error).toBeUndefined();
    const tries = run.first.programs.filter(({ host }) => host === 'alice');
    expect(tries.length).toBe(6);
    for (const { result } of tries) expect(result).toBe('ERR_LIBOS_OUTSIDE');
    expect(programOf(run, 'bob/reader').result).toEqual({
      ...{ same: true, bytes: 32, passedNs: 0, laterNs: 5e6 },
    });
  });
});
