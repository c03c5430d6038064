// SPDX-License-Identifier: GPL-2.0-only

/** The demonstration, run as `libos demo` runs it; its capture is what tshark makes of it. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { EchoReply } from '../../src/cli/demo/ping.js';
import { runDemo, type TransferReport } from '../../src/cli/demo/scenario.js';
import { loadKernel } from '../helpers/virtual-host.js';

const folder = mkdtempSync(join(tmpdir(), 'libos-demo-'));
afterAll(() => rmSync(folder, { recursive: true }));

interface Run {
  readonly file: string;
  readonly addressed: readonly string[];
  readonly pings: readonly EchoReply[];
  readonly transfer: TransferReport;
}

async function run(name: string, seed: number): Promise<Run> {
  const file = join(folder, `${name}.pcapng`);
  const addressed: string[] = [];
  const pings: EchoReply[] = [];
  const transfers: TransferReport[] = [];
  await runDemo(
    {
      kernel: await loadKernel(),
      seed,
      rate: '100 Mbit/s',
      delay: '5 ms',
      transferBytes: 2e6,
      pings: 2,
      capturePath: file,
      wallMs: () => performance.now(),
    },
    {
      booted: () => undefined,
      wired: () => undefined,
      addressed: (host, timeNs, addresses) =>
        addressed.push(`${host.name} ${timeNs} ${addresses.join(' ')}`),
      pinged: (_, reply) => pings.push(reply),
      transferred: (report) => transfers.push(report),
    },
  );
  return { file, addressed, pings, transfer: transfers[0]! };
}

function tshark(file: string, filter: string, fields: readonly string[]): string[][] {
  const columns = fields.flatMap((field) => ['-e', field]);
  const checks = ['ip', 'tcp', 'udp'].flatMap((name) => ['-o', `${name}.check_checksum:TRUE`]);
  return execFileSync('tshark', ['-r', file, '-Y', filter, '-T', 'fields', ...columns, ...checks], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    maxBuffer: 2 ** 26,
  })
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split('\t'));
}

describe('demo', () => {
  let first: Run;
  beforeAll(async () => {
    first = await run('first', 1);
  });

  test('both hosts get their addresses after duplicate address detection', () => {
    expect(first.addressed.length).toBe(2);
    for (const line of first.addressed) {
      const [, timeNs] = line.split(' ');
      expect(Number(timeNs)).toBeGreaterThan(0.9e9);
      expect(line).toMatch(/192\.0\.2\.[12]\/24 2001:db8::[12]\/64 fe80::/);
    }
    const solicitations = tshark(first.file, 'icmpv6.type == 135 && ipv6.src == ::', [
      'icmpv6.nd.ns.target_address',
    ]);
    expect(solicitations.flat()).toContain('2001:db8::1');
  });

  test('each ping takes the wire’s time, the first one that of its ARP too', () => {
    const serialisationNs = (98 * 8 * 1e9) / 100e6;
    const times = first.pings.map(({ roundTripNs }) => roundTripNs);
    expect(first.pings.map(({ from }) => from)).toEqual([
      ...['192.0.2.2', '192.0.2.2', '2001:db8::2', '2001:db8::2'],
    ]);
    expect(times[1]).toBe(10e6 + 2 * serialisationNs);
    expect(times[0]).toBeGreaterThan(20e6);
    // IPv6 is 20 bytes longer.
    expect(times[3]).toBe(10e6 + 2 * serialisationNs + 2 * 1600);
  });

  test('TCP moves everything, at nearly the wire’s rate', () => {
    expect(first.transfer.bytes).toBe(2e6);
    const rate = (first.transfer.bytes * 8) / first.transfer.virtualSeconds;
    expect(rate).toBeGreaterThan(60e6);
    expect(rate).toBeLessThan(100e6);
  });

  test('the capture has both ends, only MTU-sized frames, and good checksums', () => {
    const rows = tshark(first.file, 'tcp', [
      ...['frame.interface_name', 'frame.len', 'ip.checksum.status', 'tcp.checksum.status'],
    ]);
    expect(rows.length).toBeGreaterThan(2 * (2e6 / 1448));
    expect(new Set(rows.map(([name]) => name))).toEqual(new Set(['alice.eth0', 'bob.eth0']));
    expect(Math.max(...rows.map(([, length]) => Number(length)))).toBe(1514);
    expect(new Set(rows.map((row) => row.slice(2).join()))).toEqual(new Set(['1,1']));
    // All that leaves one end arrives at the other.
    const atAlice = rows.filter(([name]) => name === 'alice.eth0').length;
    expect(atAlice * 2).toBe(rows.length);
    expect(tshark(first.file, 'tcp.analysis.lost_segment', ['frame.number'])).toEqual([]);
  });

  test('the same seed gives the same capture, byte for byte; another one another', async () => {
    const digest = (file: string): string =>
      createHash('sha256').update(readFileSync(file)).digest('hex');
    const second = await run('second', 1);
    expect(digest(second.file)).toBe(digest(first.file));
    expect(digest((await run('other', 2)).file)).not.toBe(digest(first.file));
  });
});
