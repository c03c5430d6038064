// SPDX-License-Identifier: GPL-2.0-only

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { udpPacket, udpPayload } from './exchange.js';
import { decodeMessage, encodeMessage, messageTypes } from './message.js';

const mac = Uint8Array.of(2, 0, 0, 0, 0, 7);

/** A server's message with these options. */
function reply(...options: number[]): Uint8Array {
  const bytes = new Uint8Array(240 + options.length + 1);
  bytes[0] = 2;
  bytes.set([0x12, 0x34, 0x56, 0x78], 4);
  bytes.set([192, 0, 2, 50], 16);
  bytes.set(mac, 28);
  bytes.set([0x63, 0x82, 0x53, 0x63], 236);
  bytes.set(options, 240);
  bytes[240 + options.length] = 255;
  return bytes;
}

const text = (value: string): number[] => [...new TextEncoder().encode(value)];

describe('a DHCP message', () => {
  test('of the client has what servers look at', () => {
    const bytes = encodeMessage({
      type: messageTypes.request,
      transaction: 0xdeadbeef,
      seconds: 3,
      mac,
      requested: '192.0.2.50',
      server: '192.0.2.1',
      hostName: 'lab',
    });
    expect(bytes.length).toBeGreaterThanOrEqual(300);
    const hex = Buffer.from(bytes).toString('hex');
    expect(hex.startsWith('01010600deadbeef00038000')).toBe(true);
    // Type, client, address, server, name.
    expect(hex.slice(480)).toMatch(
      /^3501033d0701020000000007\w*3204c00002323604c00002010c036c6162\w*ff0*$/,
    );
  });

  test('of the server is understood', () => {
    const bytes = reply(
      ...[53, 1, 5, 54, 4, 192, 0, 2, 1, 1, 4, 255, 255, 255, 0, 3, 4, 192, 0, 2, 1],
      ...[6, 8, 192, 0, 2, 1, 192, 0, 2, 9, 26, 2, 5, 120, 51, 4, 0, 0, 0, 120],
      ...[15, 11, ...text('example.com'), 58, 4, 0, 0, 0, 60, 59, 4, 0, 0, 0, 105],
    );
    expect(decodeMessage(bytes)).toEqual({
      type: messageTypes.acknowledge,
      transaction: 0x12345678,
      mac,
      address: '192.0.2.50',
      server: '192.0.2.1',
      prefixLength: 24,
      routers: ['192.0.2.1'],
      routes: undefined,
      servers: ['192.0.2.1', '192.0.2.9'],
      search: ['example.com'],
      mtu: 1400,
      leaseSeconds: 120,
      renewalSeconds: 60,
      rebindingSeconds: 105,
    });
  });

  test('may have routes without classes, and a search list with pointers', () => {
    const list = [3, ...text('lab'), 7, ...text('example'), 0, 3, ...text('www'), 0xc0, 4];
    const bytes = reply(
      ...[53, 1, 2, 121, 14, 0, 192, 0, 2, 1, 24, 198, 51, 100, 192, 0, 2, 9, 0],
      ...[119, list.length, ...list],
    );
    // The last route is cut off, so none of them counts.
    expect(decodeMessage(bytes)!.routes).toBeUndefined();
    const whole = reply(
      ...[53, 1, 2, 121, 13, 0, 192, 0, 2, 1, 24, 198, 51, 100, 192, 0, 2, 9],
      ...[119, list.length, ...list],
    );
    const message = decodeMessage(whole)!;
    expect(message.routes).toEqual([
      { to: '0.0.0.0/0', via: '192.0.2.1' },
      { to: '198.51.100.0/24', via: '192.0.2.9' },
    ]);
    expect(message.search).toEqual(['lab.example', 'www.example']);
    expect(message.leaseSeconds).toBe(Infinity);
  });

  test('of names that would be settings of resolv.conf gives none', () => {
    const name = 'x\nnameserver 6.6.6.6';
    expect(decodeMessage(reply(53, 1, 5, 15, name.length, ...text(name)))!.search).toEqual([]);
  });

  test('of any bytes is decoded or refused, and ends', () => {
    const start = [...reply().subarray(0, 240)];
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.boolean(), (bytes, isReply) => {
        decodeMessage(isReply ? Uint8Array.from([...start, ...bytes]) : bytes);
        udpPayload(bytes);
      }),
      { numRuns: 1000 },
    );
  });

  test('travels in a packet whose sums are right', () => {
    const payload = Uint8Array.of(1, 2, 3);
    const packet = udpPacket('0.0.0.0', '255.255.255.255', payload);
    expect(Buffer.from(packet).toString('hex')).toBe(
      '4500001f0000000040117acf00000000ffffffff00440043000bfb4f010203',
    );
    expect(udpPayload(packet)).toEqual(payload);
  });
});
