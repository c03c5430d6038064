// SPDX-License-Identifier: GPL-2.0-only

/** Each program of examples/ does what it says. */
import { expect, test } from 'vitest';
import { run as dns } from '../../examples/dns.js';
import { run as echo } from '../../examples/echo.js';
import { run as relay } from '../../examples/relay.js';
import { run as router } from '../../examples/router.js';
import { run as sniffer } from '../../examples/sniffer.js';
import type { Print } from '../../examples/network.js';

async function linesOf(run: (print: Print) => Promise<void>): Promise<string[]> {
  const lines: string[] = [];
  await run((line) => lines.push(line));
  return lines;
}

test('echo: each client hears what it said', async () => {
  const [answers, time] = await linesOf(echo);
  expect(answers).toBe('hello over real TCP');
  expect(time).toMatch(/^[\d.]+ ms of virtual time$/);
});

test('dns: names of the zone resolve, others do not', async () => {
  expect(await linesOf(dns)).toEqual([
    'alice.example: 192.0.2.1',
    'bob.example: 192.0.2.2',
    'carol.example: no such name',
  ]);
});

test('router: it forwards, and says what it does not reach', async () => {
  expect(await linesOf(router)).toEqual([
    'you are 192.0.2.10',
    'connect EHOSTUNREACH 203.0.113.7:80',
    '192.0.2.0/24 by link 2',
    '198.51.100.0/24 by link 3',
    '203.0.113.0/24 by link none',
  ]);
});

test('sniffer: it sees ARP and the whole life of a TCP connection', async () => {
  const lines = await linesOf(sniffer);
  expect(lines).toContain('in  ARP from 02:00:00:00:00:00');
  const port = /192\.0\.2\.1:(\d+)/.exec(lines.join('\n'))![1]!;
  const connection = lines.filter((line) => line.includes('TCP'));
  expect(connection.map((line) => line.replace(port, 'PORT'))).toEqual([
    'in  TCP 192.0.2.1:PORT > 192.0.2.2:80 SYN, 0 bytes',
    'out TCP 192.0.2.2:80 > 192.0.2.1:PORT SYN ACK, 0 bytes',
    'in  TCP 192.0.2.1:PORT > 192.0.2.2:80 ACK, 0 bytes',
    'in  TCP 192.0.2.1:PORT > 192.0.2.2:80 PSH ACK, 5 bytes',
    'out TCP 192.0.2.2:80 > 192.0.2.1:PORT ACK, 0 bytes',
    'in  TCP 192.0.2.1:PORT > 192.0.2.2:80 FIN ACK, 0 bytes',
    'out TCP 192.0.2.2:80 > 192.0.2.1:PORT FIN ACK, 0 bytes',
    'in  TCP 192.0.2.1:PORT > 192.0.2.2:80 ACK, 0 bytes',
  ]);
});

test('relay: both directions pass, one connection after the other', async () => {
  expect(await linesOf(relay)).toEqual(['FROM A WIRE TO A UNIX SOCKET', 'AND BACK AGAIN']);
});
