// SPDX-License-Identifier: GPL-2.0-only
import * as fc from 'fast-check';
import { isIP } from 'node:net';
import { describe, expect, test } from 'vitest';
import { formatIp, formatMac, ipVersion, parseIp, parseMac, parsePrefix } from './ip-address.js';

describe('IP addresses', () => {
  test.each([
    ['::', '::'],
    ['::1', '::1'],
    ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['::ffff:192.0.2.1', '::ffff:192.0.2.1'],
    ['fe80::1', 'fe80::1'],
    ['1::', '1::'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
    ['0:0:0:0:0:0:0:0', '::'],
    ['10.0.0.255', '10.0.0.255'],
  ])('%s is shown as %s', (text, shown) => {
    expect(formatIp(parseIp(text))).toBe(shown);
  });

  test.each([
    '',
    '1.2.3',
    '1.2.3.4.5',
    '256.1.1.1',
    '01.2.3.4',
    ':',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '12345::',
    'fe80::1%eth0',
    '1:2:3:4:5:6:7:8:9',
    '::1.2.3',
    '1.2.3.4::',
  ])('“%s” is none', (text) => {
    expect(() => parseIp(text)).toThrow(TypeError);
  });

  test('text and bytes agree, and Node agrees that it is an address', () => {
    const length = fc.constantFrom(4, 16);
    const address = length.chain((n) =>
      fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 255 })), {
        minLength: n,
        maxLength: n,
      }),
    );
    fc.assert(
      fc.property(address, (numbers) => {
        const bytes = Uint8Array.from(numbers);
        const text = formatIp(bytes);
        expect(parseIp(text)).toEqual(bytes);
        expect(isIP(text)).toBe(bytes.length === 4 ? 4 : 6);
      }),
    );
  });

  test('what is no address is none for Node either', () => {
    const text = fc.string({
      maxLength: 20,
      unit: fc.constantFrom('0', '1', 'f', ':', '.', '::', '25'),
    });
    fc.assert(
      fc.property(text, (candidate) => {
        expect(ipVersion(candidate)).toBe(isIP(candidate));
      }),
    );
  });
});

test('prefixes', () => {
  expect(parsePrefix('10.1.0.0/16')).toMatchObject({ version: 4, prefixLength: 16 });
  expect(parsePrefix('fd00::')).toMatchObject({ version: 6, prefixLength: 128 });
  for (const wrong of ['10.0.0.0/33', 'fd00::/129', '10.0.0.0/', '10.0.0.0/-1', '/8']) {
    expect(() => parsePrefix(wrong)).toThrow(TypeError);
  }
});

test('Ethernet addresses', () => {
  expect(formatMac(parseMac('02:0:00:AB:cd:ef'))).toBe('02:00:00:ab:cd:ef');
  expect(() => parseMac('02:00:00:00:00')).toThrow('is not an Ethernet address');
});
