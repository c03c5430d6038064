// SPDX-License-Identifier: GPL-2.0-only

/** Scenario files, run as `libos sim` runs them. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { LogLine } from '../../src/dce/index.js';
import { programOf, runFile, scenarioFile } from './run-file.js';

const folder = mkdtempSync(join(tmpdir(), 'libos-scenario-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('a scenario that makes its simulation at the top level', () => {
  test('runs as it stands; what came of it is the result', async () => {
    const log: LogLine[] = [];
    const pcap = join(folder, 'pcap');
    const trace = join(folder, 'trace');
    const run = await runFile('echo.ts', { pcap, trace, onLog: (line) => log.push(line) });
    expect(run.error).toBeUndefined();
    expect(run.seeds).toEqual([7]);
    expect(run.first).toMatchObject({ seed: 7, nowNs: 2e9, hosts: ['alice', 'router', 'bob'] });
    expect(programOf(run, 'alice/client')).toMatchObject({ state: 'ended', result: 'hello' });
    expect(programOf(run, 'bob/server').waiting).toEqual([
      expect.stringContaining('accept on tcp'),
    ]);
    expect(run.first.reports).toMatchObject([{ key: 'echo', value: 'hello', host: 'alice' }]);
    // What a program prints is the log's, the rest is output.
    expect(run.output).toBe('over\n');
    expect(log).toMatchObject([{ host: 'alice', source: 'program', text: 'heard hello' }]);
    expect(run.first.log).toEqual(log);
    expect(run.first.links.map(({ from }) => from)).toContain('router.eth1');
    expect(run.first.links.every(({ frames, drops }) => frames > 5 && drops === 0)).toBe(true);
    expect(run.files.map((path) => basename(path))).toEqual([
      ...['alice.eth0.pcapng', 'bob.eth0.pcapng', 'router.eth0.pcapng', 'router.eth1.pcapng'],
      ...['link.csv', 'qdisc.csv', 'tcp.csv', 'trace.json'],
    ]);
    expect(readFileSync(join(trace, 'tcp.csv'), 'utf8').split('\n').length).toBeGreaterThan(3);
  });

  test('the same seed gives the same digest, and a seed that is given counts', async () => {
    const digests = [];
    for (const seed of [7, 7, 8]) {
      const { first, seeds } = await runFile('echo.ts', { seed });
      expect(seeds).toEqual([seed]);
      digests.push(first.digest);
    }
    const [one, same, other] = digests;
    expect(same).toBe(one);
    expect(other).not.toBe(one);
  });
});

describe('a scenario that declares itself', () => {
  test('has its parameters, and its simulation is run to its end', async () => {
    const run = await runFile('declared.ts', {
      seed: 'x',
      parameters: { clients: '3', rate: '1 Mbit/s' },
    });
    expect(run.value).toEqual({
      ...{ rate: '1 Mbit/s', clients: 3, congestion: 'cubic', fast: false, seed: 'x' },
    });
    const programs = run.first.programs.map(({ host, state }) => `${host} ${state}`);
    expect(programs).toEqual(['client-1 ended', 'client-2 ended', 'client-3 ended']);
    // Two times 2 ms and 98 bytes at 1 Mbit/s, and as much and less for ARP before.
    const { roundTripNs } = programOf(run, 'client-1/ping').result as { roundTripNs: number };
    expect(roundTripNs).toBeGreaterThan(8e6 + 2 * 98 * 8 * 1000);
  });

  test('a parameter that it does not have is an error', async () => {
    const { error } = await runFile('declared.ts', { parameters: { client: '3' } });
    expect(error).toMatchObject({ code: 'ERR_LIBOS_PARAMETER' });
    expect(error!.hint).toContain('clients=2 (how many hosts ask)');
  });
});

describe('a scenario anywhere', () => {
  const away = join(folder, 'away');

  test('gets the package that runs, its own files, and libraries; its errors have its lines', async () => {
    mkdirSync(join(away, 'node_modules/ticker'), { recursive: true });
    cpSync(scenarioFile('away'), away, { recursive: true });
    // A library that knows nothing of libos, in CommonJS.
    writeFileSync(
      join(away, 'node_modules/ticker/index.js'),
      'const { setTimeout } = require("timers/promises");\n' +
        'exports.tick = async () => { const t = Date.now(); await setTimeout(90); return Date.now() - t; };\n',
    );
    const run = await runFile(join(away, 'main.ts'));
    expect(run.error).toMatchObject({
      message: 'alice/broken (main.ts:13): not here (part.ts:10)',
      location: { file: join(away, 'part.ts'), line: 10 },
    });
    expect(programOf(run, 'alice/ticks').result).toEqual({ ms: 90, same: true, size: 3 });
  });
});

test('a scenario may be JavaScript, in a folder that does not say what its files are', async () => {
  const file = join(folder, 'plain.js');
  const lines = [
    "import { Simulation } from 'libos';",
    'const sim = new Simulation({ seed: 1 });',
    "sim.host('alice').run(() => { using end = { [Symbol.dispose]() {} }; return typeof end; });",
    'await sim.run();',
  ];
  writeFileSync(file, `${lines.join('\n')}\n`);
  const run = await runFile(file);
  expect(run.error).toBeUndefined();
  expect(run.first.programs).toMatchObject([{ state: 'ended', result: 'object' }]);
});

describe('the end of a run', () => {
  test('can be set: no wait goes beyond it', async () => {
    const run = await runFile('endless.ts', { until: '20 ms' });
    expect(run.error).toBeUndefined();
    expect(run.first.nowNs).toBe(20e6);
    expect(programOf(run, 'alice/pings').state).toBe('running');
  });

  test('comes between two moments when it is interrupted, with everything written', async () => {
    const controller = new AbortController();
    const pcap = join(folder, 'interrupted');
    const run = await runFile('endless.ts', {
      pcap,
      signal: controller.signal,
      onProgress: ({ nowNs }) => {
        if (nowNs > 50e6) controller.abort();
      },
    });
    expect(run.error).toMatchObject({ code: 'ERR_LIBOS_INTERRUPTED' });
    expect(run.first.nowNs).toBeGreaterThan(50e6);
    expect(run.files.length).toBe(2);
    expect(readFileSync(run.files[0]!).length).toBeGreaterThan(1000);
  });
});

test('`using` in a loop: what one turn throws is not thrown again in the next', async () => {
  const run = await runFile('using.ts');
  expect(programOf(run, 'alice/turns').result).toEqual([
    'turn 0',
    'let go 0',
    'let go 1',
    'turn 1 of object',
    'turn 2',
    'let go 2',
    'turn 3',
    'let go 3',
  ]);
});
