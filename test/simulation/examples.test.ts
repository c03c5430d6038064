// SPDX-License-Identifier: GPL-2.0-only

/** Each program of examples/ does what it says. */
import { afterEach, expect, test, vi } from 'vitest';

afterEach(() => vi.restoreAllMocks());

/** What an example prints while its module is evaluated. */
async function linesOf(example: () => Promise<unknown>): Promise<string[]> {
  const lines: string[] = [];
  vi.spyOn(console, 'log').mockImplementation((line: string) => lines.push(line));
  await example();
  return lines;
}

test('echo: each client hears what it said', async () => {
  const [answers, time] = await linesOf(() => import('../../examples/echo.js'));
  expect(answers).toBe('hello over real TCP');
  expect(time).toMatch(/^[\d.]+ ms of virtual time$/);
});

test('bottleneck: TCP fills the link, and repairs what it loses', async () => {
  const [rate, again, lost] = await linesOf(() => import('../../examples/bottleneck.js'));
  const [, seconds, megabits] = /^5 MB in ([\d.]+) s: ([\d.]+) Mbit\/s$/.exec(rate!)!;
  expect(Number(megabits)).toBeGreaterThan(5);
  expect(Number(megabits)).toBeLessThan(10);
  expect(Number(seconds)).toBeGreaterThan(4);
  expect(again).toMatch(/^round trip of 5\d\.\d ms at least, [1-9]\d* segments again$/);
  expect(lost).toMatch(/^the bottleneck lost [1-9]\d* frames by chance$/);
});

test('dns: names of the zone resolve, others do not', async () => {
  expect(await linesOf(() => import('../../examples/dns.js'))).toEqual([
    'alice.example: 10.0.1.1',
    'bob.example: 10.0.1.2',
    'carol.example: no such name',
  ]);
});

test('router: it forwards, and says what it does not reach', async () => {
  expect(await linesOf(() => import('../../examples/router.js'))).toEqual([
    'you are 192.0.2.10',
    'connect EHOSTUNREACH 203.0.113.7:80',
    '192.0.2.0/24 by link 2',
    '198.51.100.0/24 by link 3',
    '203.0.113.0/24 by link none',
  ]);
});

test('sniffer: it sees ARP and the whole life of a TCP connection', async () => {
  const lines = await linesOf(() => import('../../examples/sniffer.js'));
  expect(lines).toContain('in  ARP from 02:00:00:00:00:00');
  const port = /10\.0\.1\.1:(\d+)/.exec(lines.join('\n'))![1]!;
  const connection = lines.filter((line) => line.includes('TCP'));
  expect(connection.map((line) => line.replace(port, 'PORT'))).toEqual([
    'in  TCP 10.0.1.1:PORT > 10.0.1.2:80 SYN, 0 bytes',
    'out TCP 10.0.1.2:80 > 10.0.1.1:PORT SYN ACK, 0 bytes',
    'in  TCP 10.0.1.1:PORT > 10.0.1.2:80 ACK, 0 bytes',
    'in  TCP 10.0.1.1:PORT > 10.0.1.2:80 PSH ACK, 5 bytes',
    'out TCP 10.0.1.2:80 > 10.0.1.1:PORT ACK, 0 bytes',
    'in  TCP 10.0.1.1:PORT > 10.0.1.2:80 FIN ACK, 0 bytes',
    'out TCP 10.0.1.2:80 > 10.0.1.1:PORT FIN ACK, 0 bytes',
    'in  TCP 10.0.1.1:PORT > 10.0.1.2:80 ACK, 0 bytes',
  ]);
});

test('relay: both directions pass, one connection after the other', async () => {
  const lines = await linesOf(() => import('../../examples/relay.js'));
  expect(lines).toEqual(['FROM A WIRE TO A UNIX SOCKET', 'AND BACK AGAIN']);
});
