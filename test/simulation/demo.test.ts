// SPDX-License-Identifier: GPL-2.0-only

/** The demonstration, run as `libos demo` runs it; its capture is what tshark makes of it. */
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { describeFlows, plotFlows } from '../../src/cli/demo/report.js';
import { runDemo, type DemoResult } from '../../src/cli/demo/scenario.js';
import type { EchoReply } from '../../src/posix/index.js';
import { runLibos } from '../helpers/command-line.js';
import { tshark } from '../helpers/tshark.js';
import { loadKernel } from '../helpers/virtual-host.js';

const folder = mkdtempSync(join(tmpdir(), 'libos-demo-'));
afterAll(() => rmSync(folder, { recursive: true }));

interface Run {
  readonly file: string;
  readonly addressed: readonly string[];
  readonly detectedNs: number;
  readonly pings: readonly EchoReply[];
  readonly result: DemoResult;
}

async function run(name: string, seed: number): Promise<Run> {
  const file = join(folder, `${name}.pcapng`);
  const addressed: string[] = [];
  const pings: EchoReply[] = [];
  let detectedNs = 0;
  const result = await runDemo(
    {
      kernel: await loadKernel(),
      seed,
      bottleneck: { rate: '10 Mbit/s', delay: '10 ms', queue: '50 packets', loss: 0.001 },
      duration: '3 s',
      pings: 2,
      capturePath: file,
      wallMs: () => performance.now(),
    },
    {
      booted: () => undefined,
      addressed: (host, addresses) => addressed.push(`${host.name} ${addresses.join(' ')}`),
      detected: (_host, _address, timeNs) => void (detectedNs = timeNs),
      pinged: (_, reply) => pings.push(reply),
      flowing: () => undefined,
      ended: () => undefined,
    },
  );
  return { file, addressed, detectedNs, pings, result };
}

describe('demo', () => {
  let first: Run;
  beforeAll(async () => {
    first = await run('first', 1);
  });

  test('hosts have addresses of both families, and Linux detects duplicates in virtual time', () => {
    expect(first.addressed.length).toBe(5);
    for (const line of first.addressed) {
      expect(line).toMatch(/^\w+ 10\.0\.\d\.\d\/24 fd00:\S+\/64/);
    }
    expect(first.detectedNs).toBeGreaterThan(0.9e9);
    const solicitations = tshark(
      first.file,
      ['icmpv6.nd.ns.target_address'],
      'icmpv6.type == 135 && ipv6.src == ::',
    );
    expect(solicitations.flat()).toContain('fd00:0:0:1::a11c');
  });

  test('each ping takes the links’ time, the first one that of its ARP too', () => {
    // There and back: 12 ms of delay, 98 bytes at 1 Gbit/s twice and at 10 Mbit/s once.
    const oneWayNs = 12e6 + 98 * 8 * (1 + 1 + 100);
    const times = first.pings.map(({ roundTripNs }) => roundTripNs);
    expect(first.pings.map(({ from }) => from)).toEqual([
      ...['10.0.4.2', '10.0.4.2', 'fd00:0:0:4::2', 'fd00:0:0:4::2'],
    ]);
    expect(times[1]).toBe(2 * oneWayNs);
    expect(times[0]).toBeGreaterThan(2 * oneWayNs + 20e6);
    // IPv6 is 20 bytes longer.
    expect(times[3]).toBe(2 * (oneWayNs + 20 * 8 * 102));
  });

  test('both senders get on, and the bottleneck is busy', () => {
    const { flows, loadedPings, virtualSeconds } = first.result;
    expect(flows.map(({ congestionControl }) => congestionControl)).toEqual(['cubic', 'bbr']);
    for (const { goodputBitsPerSecond } of flows) expect(goodputBitsPerSecond).toBeGreaterThan(5e5);
    const bytes = flows.reduce((sum, { receivedBytes }) => sum + receivedBytes, 0);
    expect((bytes * 8) / virtualSeconds).toBeGreaterThan(6e6);
    expect((bytes * 8) / virtualSeconds).toBeLessThan(10e6);
    // The queue of 50 packets makes 60 ms; the idle path has 24.
    const slowest = Math.max(...loadedPings.map(({ roundTripNs }) => roundTripNs));
    expect(slowest).toBeGreaterThan(60e6);
    expect(slowest).toBeLessThan(100e6);
  });

  test('the report has both senders, the link’s figures and a curve for each', () => {
    const lines = describeFlows(first.result).join('\n');
    expect(lines).toMatch(/^alice +cubic +[\d.]+ Mbit\/s/m);
    expect(lines).toMatch(/^carol +bbr +[\d.]+ Mbit\/s/m);
    expect(lines).toMatch(/\d+ found the queue full, [1-9]\d* lost on the way/);
    expect(lines).toMatch(/^ping by it: +\d+ replies, 24\.\d/m);
    const curves = plotFlows(first.result);
    expect(curves.filter((line) => /window|queue/.test(line)).length).toBe(3);
    for (const line of curves) expect(line.length).toBeLessThan(80);
  });

  test('the capture has all interfaces, only MTU-sized frames, and good checksums', () => {
    const rows = tshark(
      first.file,
      ['frame.interface_name', 'frame.len', 'ip.checksum.status', 'tcp.checksum.status'],
      'tcp',
    );
    expect(new Set(rows.map(([name]) => name)).size).toBe(8);
    expect(Math.max(...rows.map(([, length]) => Number(length)))).toBe(1514);
    expect(new Set(rows.map((row) => row.slice(2).join()))).toEqual(new Set(['1,1']));
  });

  test('the same seed gives the same capture, byte for byte; another one another', async () => {
    const hash = (file: string): string =>
      createHash('sha256').update(readFileSync(file)).digest('hex');
    const second = await run('second', 1);
    expect(hash(second.file)).toBe(hash(first.file));
    expect(second.result.digest).toBe(first.result.digest);
    const other = await run('other', 2);
    expect(hash(other.file)).not.toBe(hash(first.file));
    expect(other.result.digest).not.toBe(first.result.digest);
  });
});

describe('libos demo', () => {
  test('prints the seed, the table, the plot and the digest, and writes its files', async () => {
    const [file, series] = [join(folder, 'command.pcapng'), join(folder, 'series')];
    const args = ['--time', '1 s', '--pings', '1', '--pcap', file, '--trace', series];
    const { code, out, err } = await runLibos('demo', ...args, '--seed', 'any');
    vi.restoreAllMocks();
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(/^Linux 6\.12\.\d+, profile \w+, seed any$/m);
    expect(out).toMatch(/^5 hosts are up after [\d.]+ ms of wall time$/m);
    expect(out).toMatch(/^seed any, digest [0-9a-f]{16}: /m);
    expect(out).toContain('congestion window (cubic)');
    // No colours where there is no terminal.
    expect(out).not.toContain('\u001b');
    expect(existsSync(file) && existsSync(join(series, 'tcp.csv'))).toBe(true);
  });
});
