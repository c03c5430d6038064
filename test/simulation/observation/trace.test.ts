// SPDX-License-Identifier: GPL-2.0-only

/** Time series of a real transfer: they show what TCP did, and asking for them changes nothing. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Simulation, type Trace, type TraceItem } from '../../../src/dce/index.js';
import { bottleneck, transferBytes } from './support.js';

const folder = mkdtempSync(join(tmpdir(), 'libos-trace-'));
afterAll(() => rmSync(folder, { recursive: true }));

const everyNs = 10e6;

describe('trace', () => {
  let trace: Trace;
  let endNs: number;
  const items: TraceItem[] = [];
  const captures: Uint8Array[] = [];

  async function run(traced: boolean): Promise<Trace | undefined> {
    const sim = new Simulation();
    const { client } = bottleneck(sim);
    const file = join(folder, `traced ${traced}.pcapng`);
    const series = traced ? sim.trace({ every: '10 ms' }) : undefined;
    const capture = sim.capture({ file });
    const reading = (async () => {
      for await (const item of series ?? []) items.push(item);
    })();
    endNs = (await sim.runUntil(client)) as number;
    await sim.run('1 s');
    capture[Symbol.dispose]();
    series?.[Symbol.dispose]();
    await reading;
    captures.push(readFileSync(file));
    return series;
  }

  beforeAll(async () => {
    trace = (await run(true))!;
  });

  test('changes no byte of what is sent, nor when', async () => {
    await run(false);
    expect(captures[0]!.length).toBeGreaterThan(transferBytes);
    expect(Buffer.compare(captures[0]!, captures[1]!)).toBe(0);
  });

  test('has both ends of the connection, sampled at each interval from the start', () => {
    expect(trace.tcp.map(({ subject }) => [subject.host, subject.congestionControl])).toEqual([
      ['alice', 'cubic'],
      ['bob', 'cubic'],
    ]);
    const sender = trace.connection({ host: 'alice', remotePort: 7 });
    const times = sender.column('timeNs');
    expect(times.slice(0, 3)).toEqual([0, everyNs, 2 * everyNs]);
    expect(times.every((timeNs, index) => timeNs === index * everyNs)).toBe(true);
    expect(times.at(-1)!).toBeGreaterThan(endNs - 2 * everyNs);
  });

  test('shows the handshake, slow start, loss and recovery', () => {
    const sender = trace.connection({ host: 'alice' });
    const { samples } = sender;
    expect(samples[0]).toMatchObject({ state: 'synSent', slowStartThresholdSegments: Infinity });
    const windows = sender.column('congestionWindowSegments');
    expect(windows[0]).toBe(10);
    expect(Math.max(...windows)).toBeGreaterThan(60);
    const afterLoss = samples.find(({ retransmittedSegments }) => retransmittedSegments > 0)!;
    expect(afterLoss.slowStartThresholdSegments).toBeLessThan(Infinity);
    expect(new Set(sender.column('congestionState'))).toContain('recovery');
    // Twice 25 ms, and what waits in a queue of 50 packets at 10 Mbit/s: 61 ms.
    const rtts = sender.column('smoothedRttUs').filter((rtt) => rtt > 0);
    expect(Math.min(...rtts)).toBeGreaterThan(50_000);
    expect(Math.max(...rtts)).toBeLessThan(150_000);
    // Each is more than nothing and never less than before.
    for (const name of ['acknowledgedBytes', 'deliveredSegments', 'sentBytes'] as const) {
      const values = sender.column(name);
      expect(values.every((value, index) => index === 0 || value >= values[index - 1]!)).toBe(true);
    }
    expect(samples.at(-1)!.sentBytes).toBeGreaterThanOrEqual(transferBytes);
    const receiver = trace.connection({ host: 'bob' });
    expect(receiver.at(-1)!.receivedBytes).toBeGreaterThanOrEqual(transferBytes);
    expect(receiver.subject.localPort).toBe(7);
  });

  test('shows the queue in front of the narrow link, and what it dropped', () => {
    const narrow = trace.direction('router.eth1');
    expect(narrow.subject).toMatchObject({ host: 'router', to: 'bob.eth0' });
    const queue = narrow.column('queuedFrames');
    expect(Math.max(...queue)).toBe(50);
    const last = narrow.at(-1)!;
    expect(last.droppedByQueueFrames).toBeGreaterThan(0);
    expect(last.receivedFrames).toBe(last.sentFrames - last.droppedByLossFrames);
    const wide = trace.direction('alice.eth0').at(-1)!;
    expect(wide.sentFrames).toBeGreaterThan(last.sentFrames);
    expect(() => trace.direction('alice.eth9')).toThrow('0 link series for alice.eth9');
  });

  test('shows queueing disciplines of interfaces', () => {
    const names = trace.qdiscs.map(({ subject }) => [subject.host, subject.interface]);
    expect(names).toContainEqual(['alice', 'eth0']);
    const ofAlice = trace.qdiscs.find(({ subject }) => subject.host === 'alice')!;
    expect(ofAlice.at(-1)!.sentPackets).toBeGreaterThan(transferBytes / 1500 / 45);
  });

  test('gives each sample to who iterates, in the order of time, and ends', () => {
    const count = [trace.tcp, trace.qdiscs, trace.links]
      .flatMap((list): readonly { readonly length: number }[] => list)
      .reduce((sum, { length }) => sum + length, 0);
    expect(items.length).toBe(count);
    const times = items.map(({ sample }) => sample.timeNs);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(new Set(items.map(({ kind }) => kind))).toEqual(new Set(['tcp', 'qdisc', 'link']));
  });

  test('is written as CSV and JSON that agree with it', () => {
    trace.write(join(folder, 'series'));
    const read = (name: string): string => readFileSync(join(folder, 'series', name), 'utf8');
    const [header, first] = read('tcp.csv').split('\r\n');
    expect(header!.split(',').slice(0, 2)).toEqual(['host', 'name']);
    expect(first!.split(',').length).toBe(header!.split(',').length);
    const rows = read('link.csv').trimEnd().split('\r\n').length - 1;
    expect(rows).toBe(trace.links.reduce((sum, { length }) => sum + length, 0));
    const json = JSON.parse(read('trace.json')) as { tcp: { samples: unknown[] }[] };
    expect(json.tcp[0]!.samples[50]).toMatchObject({
      congestionWindowSegments: trace.tcp[0]!.at(50)!.congestionWindowSegments,
    });
  });
});

describe('trace options', () => {
  test('choose hosts, connections, links; wrong ones are told with the line', async () => {
    const sim = new Simulation();
    const { client, hosts, links } = bottleneck(sim);
    const chosen = sim.trace({
      ...{ every: '50 ms', hosts: [hosts[2]], tcp: { localPort: 7 }, qdiscs: false },
      links: [links[0]],
    });
    const nothing = sim.trace({ every: 1e9, tcp: { remotePort: 8 }, qdiscs: false, links: false });
    await sim.runUntil(client);
    expect(chosen.tcp.map(({ host }) => host)).toEqual(['bob']);
    expect([chosen.qdiscs.length, chosen.links.length]).toEqual([0, 0]);
    expect([nothing.tcp.length, nothing.qdiscs.length, nothing.links.length]).toEqual([0, 0, 0]);
    expect(() => sim.trace({ every: '0 ms' })).toThrow('a trace every 0 ns');
    expect(() => sim.trace({ every: '10 days' })).toThrow('every: "10 days" is not a duration');
    expect(() => sim.trace({ every: '1 s', hosts: ['carol'] })).toThrow('no host called "carol"');
  });

  test('a host that crashes has no samples until it is up again', async () => {
    const sim = new Simulation();
    const { hosts } = bottleneck(sim);
    const trace = sim.trace({ every: '100 ms' });
    await sim.run('500 ms');
    hosts[2].crash();
    await sim.run('500 ms');
    const { length } = trace.connection({ host: 'bob' });
    // It is a connection when the third packet of the handshake is there: after 100 ms, with ARP on the way.
    expect(length).toBe(4);
    expect(trace.connection({ host: 'alice' }).length).toBe(11);
  });
});
