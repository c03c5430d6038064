// SPDX-License-Identifier: GPL-2.0-only
/** Every description has the compiler's own layout, and every value survives encoding and decoding. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { availableHeaders, compile } from '../../../test/helpers/uapi-headers.js';
import { ilp32, lp64, type DataModel } from './data-model.js';
import * as files from './files.js';
import * as interfaces from './interface.js';
import { struct, type CType, type StructType } from './layout.js';
import * as netlink from './netlink.js';
import { s32, u16, u64Number, u8 } from './scalars.js';
import * as socket from './socket.js';

const isStruct = (value: unknown): value is StructType<unknown> =>
  typeof value === 'object' && value !== null && 'layout' in value;
const all = [socket, files, interfaces, netlink].flatMap((module) =>
  Object.entries(module).filter((entry): entry is [string, StructType<unknown>] =>
    isStruct(entry[1]),
  ),
);

/** Names that are ours: bit fields, padding and nameless parts. */
const ownField = /^(__pad|__rest|__data|version_ihl|tcpi_wscale|tcpi_bits|VID|ifr_)/;
/** Inside the kernel only, or known to libc alone. */
const internal = new Set(
  [
    'user_msghdr',
    'mmsghdr',
    'cmsghdr',
    'linger',
    'ucred',
    'linux_dirent64',
    'scm_timestamping64',
    'sigset_argpack',
  ].map((name) => `struct ${name}`),
);
const headersOfAll = [
  'socket', 'un', 'types', 'if', 'in', 'in6', 'netlink', 'if_packet', 'uio', 'time', 'time_types', 'ipv6', 'errqueue',
  'filter', 'net_tstamp', 'tcp', 'poll', 'eventpoll', 'utsname', 'resource', 'fcntl', 'signal', 'signalfd',
  'inotify', 'posix_types', 'if_arp', 'route', 'ipv6_route', 'ip', 'if_tunnel', 'ip6_tunnel', 'if_vlan', 'if_tun',
  'genetlink', 'rtnetlink', 'if_link', 'if_addr', 'fib_rules', 'neighbour', 'nexthop', 'if_bridge', 'pkt_sched',
  'pkt_cls', 'gen_stats', 'inet_diag',
]; // prettier-ignore

describe.each(availableHeaders().filter(({ complete }) => complete))(
  'layout by $name headers, $model',
  (headers) => {
    const model = headers.model === 'ilp32' ? ilp32 : lp64;
    const include = [...headersOfAll.map((name) => `linux/${name}.h`), 'asm/stat.h']
      .map((name) => `#include <${name}>\n`)
      .join('');

    test('sizes and offsets', () => {
      const claims = all
        .filter(([, type]) => !internal.has(type.name))
        .flatMap(([, type]) => {
          const name =
            type === files.stat64 && headers.model === 'lp64' ? 'struct stat' : type.name;
          const { sizeBytes, offsets } = type.layout(model);
          const fields = Object.entries(offsets).filter(([field]) => !ownField.test(field));
          return [
            ...(type === netlink.tc_u32_sel
              ? []
              : [`_Static_assert(sizeof(${name}) == ${sizeBytes}, "${name}");`]),
            ...fields.map(
              ([field, offset]) =>
                `_Static_assert(__builtin_offsetof(${name}, ${field}) == ${offset}, "${name}.${field}");`,
            ),
          ];
        });
      expect(compile(headers, include + claims.join('\n'))).toEqual([]);
    });
  },
);

/** What the headers do not say, computed by hand from the kernel's definitions. */
test.each([
  [socket.msghdr, 28, 56],
  [socket.mmsghdr, 32, 64],
  [socket.cmsghdr, 12, 16],
  [socket.linger, 8, 8],
  [socket.ucred, 12, 12],
  [socket.scm_timestamping64, 48, 48],
  [files.linux_dirent64, 24, 24],
  [files.sigset_argpack, 8, 16],
  [files.epoll_event, 16, 12],
] as [StructType<unknown>, number, number][])('size of %o', (type, narrow, broad) => {
  expect([type.sizeof(ilp32), type.sizeof(lp64)]).toEqual([narrow, broad]);
});

function arbitrary(type: CType<unknown>, model: DataModel): fc.Arbitrary<unknown> {
  const domain = type.domain(model);
  switch (domain.kind) {
    case 'number':
      return fc.maxSafeInteger().map((x) => {
        const span = domain.maximum - domain.minimum + 1;
        return x >= domain.minimum && x <= domain.maximum
          ? x
          : domain.minimum + (Math.abs(x) % span);
      });
    case 'bigint':
      return fc.bigInt({ min: domain.minimum, max: domain.maximum });
    case 'bytes':
      return fc.uint8Array({ minLength: domain.length, maxLength: domain.length });
    case 'chars':
      return fc.string({
        maxLength: domain.length - 1,
        unit: fc.integer({ min: 1, max: 126 }).map((c) => String.fromCharCode(c)),
      });
    case 'array':
      return fc.array(arbitrary(domain.element, model), {
        minLength: domain.count,
        maxLength: domain.count,
      });
    case 'struct':
      return fc.record(
        Object.fromEntries(
          Object.entries(domain.fields).map(([key, field]) => [key, arbitrary(field, model)]),
        ),
        { noNullPrototype: true },
      );
  }
}

describe.each([ilp32, lp64])('round trip, $name', (model) => {
  test.each(all)('%s', (_name, type) => {
    fc.assert(
      fc.property(arbitrary(type, model), (value) => {
        const encoded = type.encode(value, model);
        expect(encoded.byteLength).toBe(type.sizeof(model));
        expect(type.decode(encoded, model)).toEqual(value);
      }),
      { numRuns: 30 },
    );
  });
});

describe('bad values', () => {
  const point = struct('struct point', { x: u16, y: s32 });
  test.each([
    [{ x: 0x10000, y: 0 }, '65536 is not an integer from 0 to 65535'],
    [{ x: -1, y: 0 }, '-1 is not'],
    [{ x: 1.5, y: 0 }, '1.5 is not'],
    [{ x: 0, y: 2 ** 31 }, '2147483648 is not'],
  ])('%o', (value, message) => {
    expect(() => point.encode(value, ilp32)).toThrow(message);
  });
  test('too few bytes', () => {
    expect(() => point.decode(new Uint8Array(7), ilp32)).toThrow(
      'struct point needs 8 bytes, got 7',
    );
  });
  test('a number that is not safe', () => {
    expect(() => struct('s', { x: u64Number }).encode({ x: 2 ** 53 }, lp64)).toThrow(RangeError);
  });
  test('padding follows the widest field', () => {
    expect(struct('s', { a: u8, b: u64Number, c: u8 }).layout(ilp32)).toMatchObject({
      sizeBytes: 24,
      offsets: { a: 0, b: 8, c: 16 },
    });
  });
});
