// SPDX-License-Identifier: GPL-2.0-only

/** What is wrong with a scenario is one clear error, with the scenario's line. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { runScenario } from '../../src/scenario/index.js';
import { programOf, runFile } from './run-file.js';

const folder = mkdtempSync(join(tmpdir(), 'libos-bad-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('bad input', () => {
  test.each([
    ['throws', "TypeError: Cannot read properties of undefined (reading 'length') (throws.ts:8)"],
    ['units', 'delay: "5 parsecs" is not a duration (units.ts:7)'],
    ['twice', 'there are two hosts called alice: the other one is of twice.ts:6 (twice.ts:7)'],
    ['program', 'alice/gambler (program.ts:6): out of luck (program.ts:9)'],
    ['timer', 'alice/timing (timer.ts:6): RangeError: in a timer (timer.ts:9)'],
    ['rejection', 'nobody looks (rejection.ts:7)'],
    ['late', 'after everything (late.ts:8)'],
    ['tick', 'alice/ticking (tick.ts:7): in a tick (tick.ts:10)'],
    ['forgotten', 'the scenario has stopped at an await that nothing can end (forgotten.ts:7)'],
    ['exits', 'process.exit(3) in a scenario (exits.ts:5)'],
    ['nothing', 'the scenario makes no simulation'],
  ])('%s', async (name, message) => {
    const { ok, error } = await runFile(`bad/${name}.ts`);
    expect(ok).toBe(false);
    expect(error!.message).toContain(message);
    expect(error!.stack).not.toContain('runFile');
  });

  // Not in files of their own: no compiler of the project would take them.
  test.each([
    [
      'syntax',
      ["import { Simulation } from 'libos';", 'const sim = new Simulation({ seed: 1 };'],
      /^syntax error: Expected "\)" but found ";" \(syntax\.ts:2\)$/,
    ],
    [
      'using',
      ["import { Simulation } from 'libos';", 'using sim = new Simulation({ seed: 1 };'],
      /^syntax error: .*\(using\.ts:2\)$/,
    ],
    [
      'import',
      ["import { Simulation } from 'libos';", "import { n } from './nowhere.js';", 'n();'],
      /^Cannot find module .*nowhere.* \(import\.ts:2\)$/s,
    ],
    [
      'export',
      ["import { Simulation, Nothing } from 'libos';", 'new Simulation({ seed: Nothing });'],
      /does not provide an export named 'Nothing' \(export\.ts:1\)$/,
    ],
  ])('%s', async (name, lines, message) => {
    const file = join(folder, `${name}.ts`);
    writeFileSync(file, `${lines.join('\n')}\n`);
    const { error } = await runFile(file);
    expect(error!.message).toMatch(message);
  });

  test('a program that fails says so in its summary too', async () => {
    const run = await runFile('bad/program.ts');
    expect(programOf(run, 'alice/gambler')).toMatchObject({
      state: 'failed',
      error: 'alice/gambler (program.ts:6): out of luck',
    });
    expect(run.first.nowNs).toBe(1e9);
  });

  test('a file that does not exist, and options that make no sense', async () => {
    await expect(runScenario('none.ts')).rejects.toThrow('there is no scenario none.ts');
    const echo = new URL('files/echo.ts', import.meta.url).pathname;
    await expect(runScenario(echo, { until: 'noon' })).rejects.toThrow('until: "noon"');
    await expect(runScenario(echo, { watchdog: '1 parsec' })).rejects.toThrow('watchdog:');
    await expect(runScenario(echo, { workers: 0 })).rejects.toThrow('workers');
  });
});
