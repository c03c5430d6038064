// SPDX-License-Identifier: GPL-2.0-only

/**
 * The gate: each scenario gives the same captures, log, series and digest, byte for byte, when it is run again, in
 * two threads, island by island, and by way of a snapshot that it goes back to. Each run is in a thread of its own. The digests are
 * printed, so that two machines can be compared; which kernel they are of is, too, for it is part of what they say.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { formatLogLine } from '../../src/dce/index.js';
import { Kernel } from '../../src/kernel/index.js';
import { runScenario, type RunScenarioOptions } from '../../src/scenario/index.js';

const scenarios = new Map([
  ['bulk', 'TCP both ways through a lossy bottleneck, and a ping'],
  ['many', 'many hosts around routers, with jitter'],
  ['lan', 'switches and a hub'],
  ['wireless', 'stations that share the air, and roam'],
  ['programs', 'calendars, randomness, timers'],
  ['faults', 'bursts, bit errors, reordering, partitions, a crash and a reboot'],
  ['mptcp', 'Multipath TCP over two paths'],
  ['islands', 'pairs and a small network that nothing joins'],
]);
/** How a scenario is run again; each must give what it gave first. */
const ways = new Map<string, RunScenarioOptions>([
  ['again', {}],
  ['in two threads', { workers: 2 }],
  ['back to a snapshot from another future', { parameters: { snapshot: true } }],
]);
/** Of those that have several islands. */
const islandWays = new Map<string, RunScenarioOptions>([
  ['island by island', { parameters: { isolated: true } }],
  ['island by island, back to a snapshot', { parameters: { isolated: true, snapshot: true } }],
]);

const folder = mkdtempSync(join(tmpdir(), 'libos-determinism-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** All that a run leaves behind. */
interface Run {
  readonly digest: string;
  readonly log: string;
  /** Captures and series, by the file's name. */
  readonly files: ReadonlyMap<string, Buffer>;
  readonly events: number;
}

async function run(scenario: string, way: string, options: RunScenarioOptions): Promise<Run> {
  const [pcap, trace] = ['pcap', 'trace'].map((kind) => join(folder, scenario, way, kind));
  const file = join(import.meta.dirname, 'scenarios', `${scenario}.ts`);
  const result = await runScenario(file, {
    ...options,
    ...{ seed: 'gate', pcap: pcap!, trace: trace!, watchdog: '50 s' },
  });
  if (result.error) throw result.error;
  const { digest, log, events } = result.simulations[0]!;
  const files = [pcap!, trace!].flatMap((directory) =>
    readdirSync(directory).map((name) => [name, readFileSync(join(directory, name))] as const),
  );
  return {
    ...{ digest, events, files: new Map(files.sort(([a], [b]) => (a < b ? -1 : 1))) },
    log: log.map((line) => `${formatLogLine(line)}\n`).join(''),
  };
}

function compare(again: Run, first: Run): void {
  expect(again.log).toBe(first.log);
  expect([...again.files.keys()]).toEqual([...first.files.keys()]);
  const different = [...first.files].filter(
    ([name, bytes]) => !bytes.equals(again.files.get(name)!),
  );
  expect(different.map(([name]) => name)).toEqual([]);
  expect(again.digest).toBe(first.digest);
}

describe.each([...scenarios])('%s: %s', (scenario) => {
  let first: Run;
  beforeAll(async () => {
    first = await run(scenario, 'first', {});
  });

  test('leaves captures of all interfaces, series and a log', async ({ annotate }) => {
    const { linux, key } = Kernel.loadSync().manifest;
    await annotate(
      `digest of ${scenario}: ${first.digest} (Linux ${linux}, kernel ${key.slice(0, 12)})`,
    );
    const names = [...first.files.keys()];
    expect(names).toContain('tcp.csv');
    expect(names.filter((name) => name.endsWith('.pcapng')).length).toBeGreaterThan(1);
    for (const [name, bytes] of first.files) {
      if (name.endsWith('.pcapng')) expect(bytes.length).toBeGreaterThan(500);
    }
    expect(first.log.split('\n').length).toBeGreaterThan(3);
    expect(first.events).toBeGreaterThan(100);
  });

  const more = scenario === 'islands' ? islandWays : [];
  test.each([...ways, ...more])('is the same %s', async (way, options) => {
    compare(await run(scenario, way, options), first);
  });
});
