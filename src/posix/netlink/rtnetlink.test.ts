// SPDX-License-Identifier: GPL-2.0-only
/** The codecs of rtnetlink’s objects, without a kernel: what is encoded reads back as it was meant. */
import { describe, expect, test } from 'vitest';
import { AF_INET, AF_INET6 } from '../constants/socket.js';
import { decodeAddress, encodeAddress } from './address.js';
import {
  RTM_DELADDR,
  RTM_NEWLINK,
  RTN_BLACKHOLE,
  RTN_LOCAL,
  RT_SCOPE_HOST,
  RT_SCOPE_LINK,
  RT_SCOPE_NOWHERE,
  RT_SCOPE_UNIVERSE,
} from './constants/route.js';
import { decodeEvents } from './events.js';
import { decodeLink, encodeLink, type NewLink } from './link.js';
import { encodeMessage } from './message.js';
import { decodeNeighbour, encodeNeighbour } from './neighbour.js';
import { decodeNexthop, encodeNexthop } from './nexthop.js';
import { classKinds, qdiscKinds, type OptionsCodec } from './qdisc-kinds.js';
import {
  decodeQueue,
  encodeClass,
  encodeFilter,
  encodeQdisc,
  formatHandle,
  parseHandle,
} from './qdisc.js';
import { decodeRoute, encodeRoute, type RouteSettings } from './route.js';
import { decodeRule, encodeRule } from './rule.js';

const join = (parts: readonly Uint8Array[]): Uint8Array =>
  Uint8Array.from(parts.flatMap((part) => [...part]));

test('links', () => {
  const link: NewLink = {
    name: 'vx0',
    kind: 'vxlan',
    mtu: 1450,
    master: 3,
    up: true,
    data: { id: 7, port: 4789, gbp: true },
  };
  expect(decodeLink(join(encodeLink(9, link)))).toMatchObject({
    index: 9,
    name: 'vx0',
    mtu: 1450,
    master: 3,
    up: true,
    kind: 'vxlan',
    data: { id: 7, port: 4789, gbp: true },
  });
  const down = decodeLink(join(encodeLink(1, { up: false })));
  expect([down.up, down.name, down.kind]).toEqual([false, '', undefined]);
  const bond = encodeLink(0, {
    name: 'b',
    kind: 'bond',
    data: { arpIpTarget: ['192.0.2.1', '192.0.2.2'] },
  });
  expect(decodeLink(join(bond)).data).toEqual({ arpIpTarget: ['192.0.2.1', '192.0.2.2'] });
});

test('addresses', () => {
  const decoded = (settings: Parameters<typeof encodeAddress>[1]) =>
    decodeAddress(join(encodeAddress(2, settings)));
  expect(decoded({ address: '10.1.2.3/20' })).toMatchObject({
    index: 2,
    address: '10.1.2.3',
    prefixLength: 20,
    broadcast: '10.1.15.255',
  });
  expect(decoded({ address: '10.1.2.3/31' }).broadcast).toBeUndefined();
  expect(decoded({ address: '10.0.0.1/32', peer: '10.0.0.2' })).toMatchObject({
    address: '10.0.0.1',
    peer: '10.0.0.2',
  });
  expect(decoded({ address: 'fd00::1/64', validSeconds: 9 })).toMatchObject({
    family: AF_INET6,
    validSeconds: 9,
  });
});

describe('routes', () => {
  const decoded = (settings: RouteSettings) => decodeRoute(join(encodeRoute(settings)));
  test('read back', () => {
    const settings = {
      destination: '198.51.100.0/24',
      hops: [
        { gateway: '192.0.2.1', weight: 256, index: 2, flags: 0 },
        { via: '2001:db8::1', weight: 1, index: 3, flags: 0 },
      ],
      metrics: { mtu: 1400, quickAck: 1 },
      table: 1000,
      priority: 5,
    };
    expect(decoded(settings)).toMatchObject({ ...settings, family: AF_INET, table: 1000 });
    expect(decoded({ destination: 'default', gateway: 'fd00::1' })).toMatchObject({
      destination: '::/0',
      family: AF_INET6,
    });
  });

  test.each([
    [{ destination: '10.0.0.0/8', index: 1 }, RT_SCOPE_LINK],
    [{ destination: '10.0.0.0/8', gateway: '192.0.2.1' }, RT_SCOPE_UNIVERSE],
    [{ destination: '10.0.0.1', type: RTN_LOCAL, index: 1 }, RT_SCOPE_HOST],
    [{ destination: '10.0.0.0/8', type: RTN_BLACKHOLE }, RT_SCOPE_UNIVERSE],
    [{ destination: 'fd00::/8', index: 1 }, RT_SCOPE_UNIVERSE],
  ])('%o has its scope', (settings, scope) => {
    expect(decoded(settings).scope).toBe(scope);
  });

  test('to be removed leave open what was not said', () => {
    const removed = decodeRoute(join(encodeRoute({ destination: '10.0.0.0/8' }, true)));
    expect(removed).toMatchObject({ scope: RT_SCOPE_NOWHERE, protocol: 0, type: 0 });
  });

  test('refuse nonsense', () => {
    expect(() => decoded({ destination: '10.0.0.0/40' })).toThrow(TypeError);
    expect(() =>
      decoded({ destination: '10.0.0.0/8', hops: [{ gateway: '10.0.0.1', weight: 257 }] }),
    ).toThrow('from 1 to 256');
  });
});

test('rules, neighbours, nexthops', () => {
  const rule = { source: '10.0.0.0/8', table: 900, priority: 7, userIds: { start: 5, end: 9 } };
  expect(decodeRule(join(encodeRule(rule)))).toMatchObject({ ...rule, family: AF_INET, action: 1 });
  const neighbour = { address: 'fd00::2', hardwareAddress: '02:00:00:00:00:02' };
  expect(decodeNeighbour(join(encodeNeighbour(4, neighbour)))).toMatchObject({
    ...neighbour,
    index: 4,
    family: AF_INET6,
  });
  const group = [
    { id: 1, weight: 1 },
    { id: 2, weight: 65536 },
  ];
  expect(decodeNexthop(join(encodeNexthop({ id: 9, group })))).toMatchObject({ id: 9, group });
});

describe('traffic control', () => {
  test.each([
    ['1:', 0x10000],
    ['1:10', 0x10010],
    ['ffff:', 0xffff0000],
    ['root', 0xffffffff],
  ])('the handle %s', (text, number) => {
    expect([parseHandle(text), formatHandle(number)]).toEqual([number, text]);
  });
  test('no handle', () => {
    expect(() => parseHandle('one')).toThrow(TypeError);
  });

  test.each<[string, Record<string, unknown>]>([
    [
      'tbf',
      {
        rateBitsPerSecond: 1e6,
        burstBytes: 4000,
        limitBytes: 20000,
        peakRateBitsPerSecond: 2e6,
        peakBurstBytes: 2000,
      },
    ],
    ['tbf', { rateBitsPerSecond: 80e9, burstBytes: 64_000, limitBytes: 20000 }],
    ['htb', { defaultClass: 16, rateToQuantum: 10 }],
    ['fq_codel', { targetUs: 5000, ecn: false, flows: 1024 }],
    ['cake', { rateBytesPerSecond: 1e6, overheadBytes: -4 }],
    ['pfifo', { limit: 10 }],
    ['sfq', { quantumBytes: 1514, perturbSeconds: 10, limitFrames: 127 }],
    ['prio', { bands: 3, bandOfPriority: [1, 2, 2, 2, 1, 2, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1] }],
  ])('options of %s', (kind, options) => {
    const codec = (qdiscKinds as unknown as Record<string, OptionsCodec<Record<string, unknown>>>)[
      kind
    ]!;
    expect(codec.decode(codec.encode(options))).toEqual(options);
  });

  test('options of netem and of an HTB class', () => {
    const lossModel = { p: 0.01, r: 0.5, h: 0.25, k1: 0 };
    const netem = qdiscKinds.netem.decode(
      qdiscKinds.netem.encode({ delayNs: 1e9, lossModel, reorderProbability: 0.5, seed: 3n }),
    );
    expect(netem).toMatchObject({
      delayNs: 1e9,
      gapFrames: 1,
      reorderProbability: expect.closeTo(0.5) as unknown,
      seed: 3n,
    });
    expect(netem.lossModel?.p).toBeCloseTo(0.01);
    const htb = classKinds.htb.decode(classKinds.htb.encode({ rateBitsPerSecond: 1e9 }));
    expect(htb).toMatchObject({ rateBitsPerSecond: 1e9, ceilBitsPerSecond: 1e9 });
  });

  test('places and protocols', () => {
    expect(decodeQueue(join(encodeQdisc(2, { kind: 'clsact' })), 'qdisc')).toMatchObject({
      handle: 'ffff:',
      parent: 'ingress',
    });
    expect(decodeQueue(join(encodeClass(2, { kind: 'htb', handle: '1:10' })), 'class').parent).toBe(
      '1:',
    );
    const filter = decodeQueue(
      join(encodeFilter(2, { kind: 'matchall', priority: 5, protocol: 0x0800 })),
      'filter',
    );
    expect(filter.info).toBe(0x50008);
  });
});

test('events', () => {
  const link = encodeMessage(
    { type: RTM_NEWLINK, flags: 0, sequence: 0 },
    ...encodeLink(3, { name: 'x' }),
  );
  const address = encodeMessage(
    { type: RTM_DELADDR, flags: 0, sequence: 0 },
    ...encodeAddress(3, { address: '10.0.0.1/8' }),
  );
  const other = encodeMessage({ type: 999, flags: 0, sequence: 0 });
  expect(decodeEvents(join([link, address, other]))).toMatchObject([
    { topic: 'link', action: 'new', value: { name: 'x', index: 3 } },
    { topic: 'address', action: 'removed', value: { address: '10.0.0.1' } },
  ]);
});
