// SPDX-License-Identifier: GPL-2.0-only

/** Scenarios in several threads: the same output and the same files as in one, and one clear error. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { packageRoot } from '../../src/package-root.js';
import { runFile } from './run-file.js';

const folder = mkdtempSync(join(tmpdir(), 'libos-workers-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('output, log, summary and captures are those of one thread', async () => {
  const runs = [];
  for (const workers of [1, 2, 3]) {
    const log: unknown[] = [];
    const pcap = join(folder, String(workers));
    const trace = join(pcap, 'trace');
    const onLog = (line: unknown): void => void log.push(line);
    const run = await runFile('parallel/chain.ts', { workers, pcap, trace, onLog });
    expect(run.error).toBeUndefined();
    const { digest, nowNs, reports, programs, links } = run.first;
    const files = readdirSync(pcap, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name, parentPath }) => [name, readFileSync(join(parentPath, name), 'base64')])
      .sort();
    const said = { output: run.output, seeds: run.seeds, log, files, count: run.files.length };
    runs.push({ digest, nowNs, reports, programs, links, ...said });
  }
  expect(runs[0]!.files.length).toBeGreaterThan(10);
  expect(runs[0]!.log.length).toBe(1);
  expect(runs[1]).toEqual(runs[0]);
  expect(runs[2]).toEqual(runs[0]);
});

test('a topology without delay says so, and which links it is because of', async () => {
  const { ok, output } = await runFile('parallel/ideal.ts', { workers: 3 });
  expect(ok).toBe(true);
  expect(output).toContain(
    'the topology keeps 2 of 3 workers busy: links without delay cannot be between two workers: a.eth0–b.eth0',
  );
  expect(output).toContain('ping true');
  const two = await runFile('parallel/ideal.ts', { workers: 2 });
  expect(two.output).toContain('the workers can only run 1000 ns ahead of each other');
});

describe('what goes wrong in one worker ends all', () => {
  test.each([
    ['throws', /^bob\/culprit \(bad\.ts:15\): RangeError: out of luck \(bad\.ts:21\)$/],
    ['panics', /^the kernel of bob trapped/],
    ['function', /^the result of bob\/culprit \(bad\.ts:15\) cannot be given to the other workers/],
    ['promise', /^a promise is not settled in all workers at once \(bad\.ts:41\)$/],
    ['reaches', /^bob \(bad\.ts:11\) has booted before time has passed/],
    ['diverges', /^worker \d does run 1 for a time.*, but worker \d does run 1 for a time/],
    ['leaves', /^worker 1 has come to the end of the scenario while others let time pass/],
    ['changes', /LibosError: bob\/culprit changes more than its host/],
    ['snapshot', /no snapshots/],
  ])('%s', async (how, message) => {
    const { ok, error } = await runFile('parallel/bad.ts', { workers: 2, parameters: { how } });
    expect(ok).toBe(false);
    expect(error!.message).toMatch(message);
  });

  test('a program that never yields', async () => {
    const options = { workers: 2, parameters: { how: 'spins' }, watchdog: '4 s' };
    const { error } = await runFile('parallel/bad.ts', options);
    expect(error!.message).toBe('bob/culprit has not yielded for 4 s of real time (bad.ts:26)');
  });

  test('an impossible number of workers', async () => {
    await expect(runFile('parallel/bad.ts', { workers: 0 })).rejects.toThrow(
      'a simulation cannot have 0 workers',
    );
  });
});

test('the guide’s scenario gives the same in one thread and in two', async () => {
  const page = readFileSync(join(packageRoot, 'docs/guide/parallel.md'), 'utf8');
  const file = join(folder, 'clusters.ts');
  writeFileSync(file, /^```ts\n(.*?)^```$/ms.exec(page)![1]!);
  const [one, two] = [await runFile(file), await runFile(file, { workers: 2 })];
  expect(one.output).toMatch(/^echoed 50000 and 50000\ndigest [0-9a-f]{16}\n$/);
  expect(two.output).toBe(one.output);
  expect(two.first.reports).toEqual(one.first.reports);
});
