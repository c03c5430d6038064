// SPDX-License-Identifier: GPL-2.0-only
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  AF_INET,
  AF_INET6,
  AF_NETLINK,
  AF_PACKET,
  AF_UNIX,
  AF_UNSPEC,
} from './constants/socket.js';
import { formatIp } from './ip-address.js';
import {
  addressDetails,
  decodeSocketAddress,
  encodeSocketAddress,
  type SocketAddress,
} from './socket-address.js';

const ip = (length: number): fc.Arbitrary<string> =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((bytes) => formatIp(bytes));
const port = fc.integer({ min: 0, max: 0xffff });
const u32 = fc.integer({ min: 1, max: 0xffffffff });
const some: fc.Arbitrary<SocketAddress> = fc.oneof(
  fc.record({ family: fc.constant(AF_INET), address: ip(4), port }, { noNullPrototype: true }),
  fc.record(
    { family: fc.constant(AF_INET6), address: ip(16), port, flowInfo: u32, scopeId: u32 },
    { noNullPrototype: true, requiredKeys: ['family', 'address', 'port'] },
  ),
  fc.record(
    { family: fc.constant(AF_NETLINK), portId: u32, groups: u32 },
    { noNullPrototype: true },
  ),
  fc.record(
    {
      family: fc.constant(AF_PACKET),
      protocol: port,
      interfaceIndex: fc.nat(),
      hardwareType: port,
      packetType: fc.nat(255),
      address: fc.uint8Array({ maxLength: 8 }),
    },
    { noNullPrototype: true },
  ),
  fc.record(
    { family: fc.constant(AF_UNIX), abstract: fc.uint8Array({ maxLength: 107 }) },
    { noNullPrototype: true },
  ),
  fc.record(
    { family: fc.constant(AF_UNIX), path: fc.stringMatching(/^[a-z/]{1,107}$/) },
    { noNullPrototype: true },
  ),
  fc.constantFrom<SocketAddress>({ family: AF_UNIX }, { family: AF_UNSPEC }),
);

test('every address survives', () => {
  fc.assert(
    fc.property(some, (address) => {
      expect(decodeSocketAddress(encodeSocketAddress(address))).toEqual(address);
    }),
  );
});

test('the bytes of an IPv4 address', () => {
  expect([...encodeSocketAddress({ family: AF_INET, address: '192.0.2.1', port: 0x1234 })]).toEqual(
    [2, 0, 0x12, 0x34, 192, 0, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0],
  );
});

test('a family that is not known stays bytes', () => {
  const bytes = Uint8Array.of(99, 0, 1, 2, 3);
  const address = decodeSocketAddress(bytes);
  expect(address).toEqual({ family: 'raw', bytes });
  expect(encodeSocketAddress(address!)).toEqual(bytes);
});

describe('a TypeError before the call', () => {
  test.each([
    { family: AF_INET, address: '::1', port: 1 },
    { family: AF_INET, address: '1.2.3.4', port: 65536 },
    { family: AF_INET6, address: '1.2.3.4', port: 1 },
    { family: AF_UNIX, path: 'x'.repeat(108) },
    { family: 77 },
    {},
  ])('%o', (address) => {
    expect(() => encodeSocketAddress(address as SocketAddress)).toThrow(TypeError);
  });
});

test('what an error names', () => {
  expect(addressDetails({ family: AF_INET, address: '192.0.2.1', port: 7 })).toEqual({
    address: '192.0.2.1',
    port: 7,
  });
  expect(addressDetails({ family: AF_UNIX, abstract: Uint8Array.of(0x78) })).toEqual({
    address: '@x',
  });
  expect(addressDetails({ family: AF_NETLINK, portId: 0, groups: 0 })).toEqual({});
});
