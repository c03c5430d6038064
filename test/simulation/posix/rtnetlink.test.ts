// SPDX-License-Identifier: GPL-2.0-only
/** The rtnetlink client on a booted kernel: what is added is listed as it was meant, and errors speak. */
import { describe, expect, test } from 'vitest';
import {
  AF_INET,
  AF_INET6,
  netlink,
  RouteMonitor,
  type PosixHost,
} from '../../../src/posix/index.js';
import { virtualHost } from '../../helpers/virtual-host.js';

const { constants: C } = netlink;

function caught(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  throw new Error('it did not fail');
}

function dummy({ route }: PosixHost, name: string, ...addresses: readonly string[]): number {
  route.links.add({ name, kind: 'dummy', up: true });
  for (const address of addresses) {
    route.addresses.add(name, address.includes(':') ? { address, flags: C.IFA_F_NODAD } : address);
  }
  return route.links.indexOf(name);
}

describe('links', () => {
  test('are made, changed, renamed and removed', async () => {
    using world = await virtualHost();
    const { links } = world.host.route;
    links.add({
      name: 'd0',
      kind: 'dummy',
      mtu: 1400,
      address: '02:00:00:00:00:01',
      queueLengthFrames: 50,
    });
    expect(links.get('d0')).toMatchObject({
      name: 'd0',
      kind: 'dummy',
      mtu: 1400,
      up: false,
      address: '02:00:00:00:00:01',
      queueLengthFrames: 50,
    });
    links.change('d0', { name: 'd1', alias: 'a dummy', up: true, mtu: 1300 });
    expect(links.get('d1')).toMatchObject({ name: 'd1', alias: 'a dummy', up: true, mtu: 1300 });
    expect(links.get('d1').statistics).toMatchObject({ rx_packets: 0 });
    links.remove('d1');
    expect(caught(() => links.get('d1'))).toMatchObject({ code: 'ENODEV', syscall: 'RTM_GETLINK' });
    expect(links.list().map(({ name }) => name)).not.toContain('d1');
  });

  test('of kinds say what their kind has', async () => {
    using world = await virtualHost();
    const { links } = world.host.route;
    links.add({ name: 'base', kind: 'dummy', up: true });
    const link = links.indexOf('base');
    links.add({
      name: 'br0',
      kind: 'bridge',
      data: { stpState: 0, forwardDelay: 300, vlanFiltering: true },
    });
    expect(links.get('br0').data).toMatchObject({
      forwardDelay: 300,
      vlanFiltering: true,
      stpState: 0,
    });
    links.change('base', { master: links.indexOf('br0') });
    links.change('base', { port: { kind: 'bridge', data: { hairpin: true, cost: 7 } } });
    expect(links.get('base')).toMatchObject({
      portKind: 'bridge',
      portData: { hairpin: true, cost: 7 },
    });
    links.change('base', { master: 0 });
    links.add({ name: 'base.5', kind: 'vlan', link, data: { id: 5 } });
    expect(links.get('base.5')).toMatchObject({ link, data: { id: 5, protocol: 0x8100 } });
    links.add({ name: 'v0', kind: 'veth', peer: { name: 'v1', mtu: 1234 } });
    expect([links.get('v0').kind, links.get('v1').mtu, links.get('v0').link]).toEqual([
      'veth',
      1234,
      links.indexOf('v1'),
    ]);
    links.add({
      name: 'vx0',
      kind: 'vxlan',
      data: { id: 42, port: 4789, local: '192.0.2.1', link, learning: false },
    });
    expect(links.get('vx0').data).toMatchObject({
      id: 42,
      port: 4789,
      local: '192.0.2.1',
      learning: false,
    });
    links.add({ name: 'vrf0', kind: 'vrf', data: { table: 100 } });
    expect(links.get('vrf0').data).toEqual({ table: 100 });
    links.add({ name: 'mv0', kind: 'macvlan', link, data: { mode: C.MACVLAN_MODE_BRIDGE } });
    expect(links.get('mv0').data).toMatchObject({ mode: C.MACVLAN_MODE_BRIDGE });
    links.add({
      name: 'gre1',
      kind: 'gre',
      data: {
        local: '192.0.2.1',
        remote: '192.0.2.2',
        ikey: 7,
        okey: 7,
        iflags: 0x2000,
        oflags: 0x2000,
      },
    });
    expect(links.get('gre1').data).toMatchObject({ remote: '192.0.2.2', ikey: 7 });
    links.add({
      name: 'tun6',
      kind: 'ip6tnl',
      data: { local: '2001:db8::1', remote: '2001:db8::2', proto: 41 },
    });
    expect(links.get('tun6').data).toMatchObject({ remote: '2001:db8::2', proto: 41 });
    links.add({
      name: 'sit1',
      kind: 'sit',
      data: { local: '192.0.2.1', remote: '192.0.2.9', ttl: 64 },
    });
    expect(links.get('sit1').data).toMatchObject({ remote: '192.0.2.9', ttl: 64 });
    links.add({ name: 'bond0', kind: 'bond', data: { mode: 1, miimonMs: 100 } });
    expect(links.get('bond0').data).toMatchObject({ mode: 1, miimonMs: 100 });
  });

  test('errors carry the kernel’s words', async () => {
    using world = await virtualHost();
    const { links } = world.host.route;
    links.add({ name: 'd0', kind: 'dummy' });
    expect(caught(() => links.add({ name: 'd0', kind: 'dummy' }))).toMatchObject({
      code: 'EEXIST',
    });
    const error = caught(() => links.change('d0', { mtu: 1 << 20, master: 999 }));
    expect(error).toMatchObject({ name: 'NetlinkError', syscall: 'RTM_NEWLINK' });
    expect(
      caught(() =>
        links.add({ name: 'v0', kind: 'vlan', link: links.indexOf('d0'), data: { id: 5000 } }),
      ),
    ).toMatchObject({
      code: 'ERANGE',
      extended: { message: '8021q: Invalid VLAN id' },
      message: expect.stringContaining('Invalid VLAN id') as unknown,
    });
    expect(caught(() => links.add({ name: 'x', kind: 'no-such' as 'dummy' }))).toMatchObject({
      code: 'EOPNOTSUPP',
      extended: { message: 'Unknown device type' },
    });
    expect(() => links.add({ name: 'x', kind: 'dummy', mtu: -1 })).toThrow(RangeError);
  });
});

describe('addresses', () => {
  test('come and go', async () => {
    using world = await virtualHost();
    const { addresses, links } = world.host.route;
    links.add({ name: 'd0', kind: 'dummy', up: true });
    addresses.add('d0', '192.0.2.1/24');
    addresses.add('d0', {
      address: '2001:db8::1/64',
      flags: C.IFA_F_NODAD,
      validSeconds: 500,
      preferredSeconds: 100,
    });
    const four = addresses.list({ link: 'd0', family: AF_INET });
    expect(four).toMatchObject([
      {
        address: '192.0.2.1',
        prefixLength: 24,
        broadcast: '192.0.2.255',
        label: 'd0',
        tentative: false,
      },
    ]);
    const six = addresses.list({ link: 'd0', family: AF_INET6 });
    expect(six.map(({ address }) => address)).toContain('2001:db8::1');
    expect(six.find(({ address }) => address === '2001:db8::1')).toMatchObject({
      validSeconds: 500,
      preferredSeconds: 100,
    });
    expect(caught(() => addresses.add('d0', '192.0.2.1/24'))).toMatchObject({ code: 'EEXIST' });
    addresses.remove('d0', '192.0.2.1/24');
    expect(addresses.list({ link: 'd0', family: AF_INET })).toEqual([]);
    expect(caught(() => addresses.remove('d0', '192.0.2.1/24'))).toMatchObject({
      code: 'EADDRNOTAVAIL',
    });
    expect(caught(() => addresses.add('none', '192.0.2.1/24'))).toMatchObject({ code: 'ENODEV' });
  });

  test('are tentative until duplicate detection has ended, in virtual time', async () => {
    using world = await virtualHost();
    const { addresses, links } = world.host.route;
    links.add({ name: 'v0', kind: 'veth', peer: { name: 'v1' } });
    // The pair must be whole before either end comes up.
    for (const name of ['v0', 'v1']) links.change(name, { up: true });
    addresses.add('v0', '2001:db8::1/64');
    const own = (): boolean | undefined =>
      addresses.list({ link: 'v0' }).find(({ address }) => address === '2001:db8::1')?.tentative;
    expect(own()).toBe(true);
    await world.pass(3e9);
    expect(own()).toBe(false);
  });
});

describe('routes', () => {
  test('with gateways, metrics, several hops and nexthop objects', async () => {
    using world = await virtualHost();
    const { host } = world;
    const { routes, nexthops } = host.route;
    const index = dummy(host, 'd0', '192.0.2.1/24', '2001:db8::1/64');
    routes.add({ destination: 'default', gateway: '192.0.2.254' });
    routes.add({
      destination: '198.51.100.0/24',
      gateway: '192.0.2.2',
      priority: 10,
      metrics: { mtu: 1280, advertisedMss: 1000 },
    });
    routes.add({
      destination: '203.0.113.0/24',
      hops: [
        { gateway: '192.0.2.3', weight: 3 },
        { gateway: '192.0.2.4', index },
      ],
    });
    routes.add({ destination: '2001:db8:1::/48', gateway: '2001:db8::9', table: 1000 });
    nexthops.add({ id: 1, gateway: '192.0.2.5', index });
    nexthops.add({ id: 2, gateway: '192.0.2.6', index });
    nexthops.add({ id: 10, group: [{ id: 1, weight: 300 }, { id: 2 }] });
    routes.add({ destination: '10.0.0.0/8', nexthopId: 10 });
    routes.add({ destination: '10.9.0.0/16', type: C.RTN_BLACKHOLE });
    const find = (destination: string) =>
      routes.list().find((route) => route.destination === destination);
    expect(find('0.0.0.0/0')).toMatchObject({
      gateway: '192.0.2.254',
      index,
      table: C.RT_TABLE_MAIN,
      protocol: C.RTPROT_STATIC,
    });
    expect(find('198.51.100.0/24')).toMatchObject({
      priority: 10,
      metrics: { mtu: 1280, advertisedMss: 1000 },
    });
    expect(find('203.0.113.0/24')?.hops).toMatchObject([
      { gateway: '192.0.2.3', weight: 3, index },
      { gateway: '192.0.2.4', weight: 1, index },
    ]);
    expect(routes.list({ family: AF_INET6, table: 1000 })).toMatchObject([
      { destination: '2001:db8:1::/48', gateway: '2001:db8::9' },
    ]);
    expect(find('10.0.0.0/8')).toMatchObject({ nexthopId: 10 });
    expect(nexthops.get(10)).toMatchObject({
      group: [
        { id: 1, weight: 300 },
        { id: 2, weight: 1 },
      ],
    });
    expect(routes.lookup('198.51.100.7')).toMatchObject({
      destination: '198.51.100.7/32',
      gateway: '192.0.2.2',
      preferredSource: '192.0.2.1',
    });
    expect(caught(() => routes.lookup('10.9.1.1'))).toMatchObject({ code: 'EINVAL' });
    routes.replace({ destination: 'default', gateway: '192.0.2.253' });
    expect(find('0.0.0.0/0')?.gateway).toBe('192.0.2.253');
    routes.remove({ destination: '198.51.100.0/24' });
    expect(find('198.51.100.0/24')).toBeUndefined();
    nexthops.remove(10);
    expect(find('10.0.0.0/8')).toBeUndefined();
    expect(
      caught(() => routes.add({ destination: '10.1.0.0/16', gateway: '172.16.0.1' })),
    ).toMatchObject({
      code: 'ENETUNREACH',
      extended: { message: 'Nexthop has invalid gateway' },
    });
  });

  test('are chosen by rules', async () => {
    using world = await virtualHost();
    const { host } = world;
    const { rules, routes } = host.route;
    dummy(host, 'd0', '192.0.2.1/24');
    routes.add({ destination: '198.51.100.0/24', gateway: '192.0.2.7', table: 200 });
    rules.add({ destination: '198.51.100.0/24', table: 200, priority: 100, mark: 5 });
    expect(rules.list(AF_INET).find(({ priority }) => priority === 100)).toMatchObject({
      destination: '198.51.100.0/24',
      table: 200,
      mark: 5,
      action: C.FR_ACT_TO_TBL,
    });
    expect(routes.lookup({ destination: '198.51.100.1', mark: 5 }).gateway).toBe('192.0.2.7');
    expect(caught(() => routes.lookup('198.51.100.1'))).toMatchObject({ code: 'ENETUNREACH' });
    rules.remove({ priority: 100 });
    expect(rules.list(AF_INET)).toHaveLength(3);
  });
});

test('neighbours', async () => {
  using world = await virtualHost();
  const { host } = world;
  const { neighbours, links } = host.route;
  dummy(host, 'd0', '192.0.2.1/24');
  neighbours.add('d0', { address: '192.0.2.2', hardwareAddress: '02:00:00:00:00:02' });
  neighbours.add('d0', {
    address: '2001:db8::2',
    hardwareAddress: '02:00:00:00:00:03',
    state: C.NUD_REACHABLE,
  });
  expect(neighbours.list({ link: 'd0', family: AF_INET })).toMatchObject([
    { address: '192.0.2.2', hardwareAddress: '02:00:00:00:00:02', state: C.NUD_PERMANENT },
  ]);
  neighbours.remove('d0', { address: '192.0.2.2' });
  expect(neighbours.list({ link: 'd0', family: AF_INET })).toEqual([]);
  links.add({ name: 'br0', kind: 'bridge', up: true });
  links.change('d0', { master: links.indexOf('br0') });
  neighbours.add('d0', { family: 7, hardwareAddress: '02:00:00:00:00:09', flags: C.NTF_MASTER });
  expect(neighbours.forwardingEntries().map(({ hardwareAddress }) => hardwareAddress)).toContain(
    '02:00:00:00:00:09',
  );
});

describe('traffic control', () => {
  test('netem, tbf, fq and htb with classes keep their options', async () => {
    using world = await virtualHost();
    const { host } = world;
    const { trafficControl } = host.route;
    dummy(host, 'd0');
    const netem = {
      delayNs: 20e6,
      jitterNs: 2e6,
      lossProbability: 0.1,
      rateBitsPerSecond: 10e9 * 8,
      limitFrames: 500,
      seed: 7n,
    };
    trafficControl.addQdisc('d0', { kind: 'netem', handle: '1:', options: netem });
    const [first] = trafficControl.qdiscs('d0');
    expect(first).toMatchObject({ kind: 'netem', handle: '1:', parent: 'root' });
    expect(first!.options).toMatchObject({
      ...netem,
      lossProbability: expect.closeTo(0.1, 6) as unknown,
    });
    trafficControl.changeQdisc('d0', { kind: 'netem', handle: '1:', options: { delayNs: 5e6 } });
    expect(trafficControl.qdiscs('d0')[0]!.options).toMatchObject({ delayNs: 5e6 });
    trafficControl.replaceQdisc('d0', {
      kind: 'tbf',
      options: { rateBitsPerSecond: 8e6, burstBytes: 10_000, limitBytes: 100_000 },
    });
    expect(trafficControl.qdiscs('d0')[0]).toMatchObject({
      kind: 'tbf',
      options: { rateBitsPerSecond: 8e6, burstBytes: 10_000, limitBytes: 100_000 },
    });
    trafficControl.replaceQdisc('d0', { kind: 'fq', options: { limitFrames: 123, pacing: false } });
    expect(trafficControl.qdiscs('d0')[0]!.options).toMatchObject({
      limitFrames: 123,
      pacing: false,
    });
    trafficControl.replaceQdisc('d0', {
      kind: 'htb',
      handle: '2:',
      options: { defaultClass: 0x10 },
    });
    trafficControl.addClass('d0', {
      kind: 'htb',
      handle: '2:10',
      options: { rateBitsPerSecond: 1e6, ceilBitsPerSecond: 2e6 },
    });
    expect(trafficControl.classes('d0')).toMatchObject([
      { kind: 'htb', handle: '2:10', options: { rateBitsPerSecond: 1e6, ceilBitsPerSecond: 2e6 } },
    ]);
    trafficControl.removeClass('d0', { handle: '2:10' });
    trafficControl.removeQdisc('d0');
    expect(trafficControl.qdiscs('d0').map(({ kind }) => kind)).not.toContain('htb');
    expect(
      caught(() =>
        trafficControl.addQdisc('d0', { kind: 'no-such', rawOptions: new Uint8Array(0) }),
      ),
    ).toMatchObject({
      code: 'ENOENT',
    });
  });
});

test('changes are told to who subscribes', async () => {
  using world = await virtualHost();
  const { host } = world;
  using monitor = RouteMonitor.open(host.spawn(), ['link', 'address', 'route']);
  dummy(host, 'd0', '192.0.2.1/24');
  const topics: string[] = [];
  for await (const event of monitor) {
    topics.push(`${event.topic} ${event.action}`);
    if (event.topic === 'address' && event.value.address === '192.0.2.1') break;
  }
  expect(topics).toContain('link new');
  expect(topics.at(-1)).toBe('address new');
});

test('a namespace has an id for its neighbour', async () => {
  using world = await virtualHost();
  const { namespaces } = world.host.route;
  const inside = world.host.spawn({ newNetwork: true });
  expect(namespaces.idOf({ pid: inside.pid })).toBe(C.NETNSA_NSID_NOT_ASSIGNED);
  namespaces.setId({ pid: inside.pid }, 12);
  expect(namespaces.idOf({ pid: inside.pid })).toBe(12);
  expect(namespaces.list()).toEqual([{ id: 12 }]);
});

test('a dump of many is complete', async () => {
  using world = await virtualHost();
  const { host } = world;
  for (let i = 0; i < 300; i++) dummy(host, `d${i}`);
  expect(host.route.links.list()).toHaveLength(301);
});

describe('a batch', () => {
  test('makes all changes in order, however many there are', async () => {
    using world = await virtualHost();
    const { route } = world.host;
    const index = dummy(world.host, 'd0', '192.0.2.1/24');
    const batch = route.batch();
    batch.changeLink(index, { mtu: 1400 });
    const count = 1000;
    for (let i = 0; i < count; i++) {
      batch.addAddress(index, { address: `10.${i >> 8}.${i & 255}.1/32` });
      batch.replaceRoute({ destination: `100.${i >> 8}.${i & 255}.0/24`, gateway: '192.0.2.2' });
      batch.syncCarrier(index);
    }
    batch.removeRoute({ destination: '100.0.7.0/24' });
    batch.send();
    expect(route.links.get('d0').mtu).toBe(1400);
    expect(route.addresses.list({ family: AF_INET, link: 'd0' })).toHaveLength(count + 1);
    const routes = route.routes.list({ family: AF_INET, table: C.RT_TABLE_MAIN });
    expect(routes.filter(({ gateway }) => gateway === '192.0.2.2')).toHaveLength(count - 1);
    // Nothing is left in it, and the client goes on.
    batch.send();
    expect(route.links.indexOf('d0')).toBe(index);
  });

  test('throws what was refused first, once the others have been tried', async () => {
    using world = await virtualHost();
    const { route } = world.host;
    const index = dummy(world.host, 'd0', '192.0.2.1/24');
    const batch = route.batch();
    batch.addAddress(index, { address: '192.0.2.1/24' });
    batch.replaceRoute({ destination: '100.0.1.0/24', gateway: '203.0.113.1' });
    batch.addAddress(index, { address: '192.0.2.3/24' });
    const error = caught(() => batch.send());
    expect(error).toBeInstanceOf(netlink.NetlinkError);
    expect(error).toMatchObject({ code: 'EEXIST', syscall: 'RTM_NEWADDR' });
    expect(route.addresses.list({ family: AF_INET }).map(({ address }) => address)).toContain(
      '192.0.2.3',
    );
  });
});
