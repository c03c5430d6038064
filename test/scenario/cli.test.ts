// SPDX-License-Identifier: GPL-2.0-only

/** `libos sim`: what it prints, and its exit codes. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import { runLibos } from '../helpers/command-line.js';
import { scenarioFile } from './run-file.js';

const folder = mkdtempSync(join(tmpdir(), 'libos-sim-'));
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => void vi.restoreAllMocks());

const sim = (file: string, ...args: string[]): ReturnType<typeof runLibos> =>
  runLibos('sim', scenarioFile(file), ...args);

describe('libos sim', () => {
  test('prints the seed first, the log as it happens, and a summary', async () => {
    const pcap = join(folder, 'pcap');
    const { code, out, err } = await sim('echo.ts', '--seed', 'x1', '--pcap', pcap);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const lines = out.split('\n');
    expect(lines.slice(0, 3)).toEqual([
      'seed x1',
      expect.stringMatching(/^ +0\.1\d+ s alice program\.info: heard hello$/),
      'over',
    ]);
    expect(out).toMatch(/^✓ echo\.ts: 2\.000 s of virtual time in [\d.]+ s, [\d,]+ events/m);
    expect(out).toMatch(/^3 hosts, 2 links: \d+ frames, 0 dropped$/m);
    expect(out).toMatch(/^alice\/client +ended +'hello'$/m);
    expect(out).toMatch(/^bob\/server +running +waits in accept on tcp \[::\]:7 since/m);
    expect(out).toMatch(/^0\.\d+ s +alice\/client +echo +'hello'$/m);
    expect(out).toMatch(/^digest [0-9a-f]{16}$/m);
    expect(readdirSync(pcap)).toHaveLength(4);
  });

  test('--json is JSON alone; parameters come by --set and after --', async () => {
    const args = ['--json', '--set', 'clients=1', '--', 'rate=2 Mbit/s'];
    const { code, out, err } = await sim('declared.ts', ...args);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const result = JSON.parse(out) as Record<string, unknown>;
    expect(result).toMatchObject({
      ok: true,
      value: { clients: 1, rate: '2 Mbit/s', seed: 1 },
      simulations: [{ hosts: ['server', 'client-1'], digest: expect.any(String) as string }],
    });
  });

  test('a scenario that fails is one error, and exit code 1', async () => {
    const { code, out, err } = await sim('bad/program.ts', '--quiet');
    expect({ code, err }).toEqual({
      code: 1,
      err: 'error: alice/gambler (program.ts:6): out of luck (program.ts:9)\n',
    });
    expect(out).toMatch(/^✗ program\.ts: 1\.000 s/m);
  });

  test('--json has the error in it', async () => {
    const { code, out } = await sim('bad/units.ts', '--json');
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({
      ok: false,
      error: { code: 'ERR_LIBOS_UNIT', location: { line: 7 } },
    });
  });

  test('--until ends it well; Ctrl-C ends it with 130', async () => {
    expect((await sim('endless.ts', '--until', '10 ms', '--quiet')).code).toBe(0);
    const running = sim('endless.ts', '--quiet');
    setTimeout(() => process.emit('SIGINT'), 1500);
    const { code, err } = await running;
    expect({ code, err }).toEqual({ code: 130, err: 'error: the run was interrupted\n' });
  });

  test.each([
    [['none.ts'], 1, 'there is no scenario'],
    [['echo.ts', '--until', 'noon'], 1, 'until: "noon" is not a duration'],
    [['echo.ts', '--set', 'rate'], 2, '"rate" is not name=value'],
    [['echo.ts', '--workers', 'some'], 2, 'It is no count'],
  ])('%j is one clear error', async ([file, ...args], code, message) => {
    const result = await sim(file!, ...args);
    expect(result.code).toBe(code);
    expect(result.err).toContain(message);
  });
});
