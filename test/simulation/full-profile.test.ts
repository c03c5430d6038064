// SPDX-License-Identifier: GPL-2.0-only

/** Profile `full`: that what its configuration asks for is really there, seen from a program. */
import { afterAll, describe, expect, test } from 'vitest';
import { Kernel } from '../../src/kernel/index.js';
import type { NewLink } from '../../src/posix/netlink/index.js';
import { AF_INET, AF_INET6, IPPROTO_SCTP, SOCK_DGRAM, SOCK_STREAM } from '../../src/posix/index.js';
import { virtualHost } from '../helpers/virtual-host.js';

const world = await virtualHost(1, { profile: 'full' });
const { host } = world;
afterAll(() => world[Symbol.dispose]());

const lines = (path: string): string[] => host.readFile(path).trim().split('\n');

test('it is the whole one, and idles', async () => {
  const { manifest } = await Kernel.load({ profile: 'full' });
  expect(manifest.profile).toBe('full');
  await world.pass(10e9);
});

test.each([
  ['DCCP', AF_INET, 6, 33],
  ['SCTP', AF_INET6, SOCK_STREAM, 132],
  ['MPTCP', AF_INET, SOCK_STREAM, 262],
  ['UDP-Lite', AF_INET, SOCK_DGRAM, 136],
  ['L2TP over IP', AF_INET, SOCK_DGRAM, 115],
  ['TIPC', 30, SOCK_STREAM, 0],
  ['KCM', 41, SOCK_DGRAM, 0],
  ['vsock', 40, SOCK_STREAM, 0],
  ['PPP over Ethernet', 24, SOCK_STREAM, 0],
])('a socket of %s', (_, family, type, protocol) => {
  const process = host.spawn();
  expect(process.socket(family, type, protocol)).toBeGreaterThan(2);
  process.exit();
});

test('an SCTP association is waited for, and so is its refusal', async () => {
  using process = host.spawn();
  const loopback = { family: AF_INET, address: '127.0.0.1', port: 7 } as const;
  host.route.links.change('lo', { up: true });
  const open = (): number => process.socket(AF_INET, SOCK_STREAM, IPPROTO_SCTP);
  await expect(world.until(process.connectAsync(open(), loopback))).rejects.toThrow('ECONNREFUSED');
  const server = open();
  process.bind(server, loopback);
  process.listen(server);
  const client = open();
  const accepting = process.acceptAsync(server);
  await world.until(process.connectAsync(client, loopback));
  const { fd } = await world.until(accepting);
  process.write(client, 'over SCTP');
  expect(process.recv(fd, new Uint8Array(100))).toBe(9);
});

describe('links', () => {
  host.route.links.add({ name: 'base', kind: 'dummy', up: true });

  test.each(
    'bond team bridge ifb nlmon dummy batadv ipip gre gretap erspan sit ip6tnl ip6gre ip6gretap vti vti6 wireguard'.split(
      ' ',
    ),
  )('of kind %s come and go', (kind) => {
    host.route.links.add({ name: 'x0', kind } as NewLink);
    expect(host.route.links.get('x0').name).toBe('x0');
    host.route.links.remove('x0');
  });

  test('of kind veth come and go in pairs', () => {
    host.route.links.add({ name: 'v0', kind: 'veth', peer: { name: 'v1' } });
    expect(host.route.links.get('v1').name).toBe('v1');
    host.route.links.remove('v0');
    expect(host.route.links.list().map(({ name }) => name)).not.toContain('v1');
  });

  const link = host.route.links.indexOf('base');
  const withOptions: NewLink[] = [
    { name: 'y0', kind: 'vlan', data: { id: 7 }, link },
    { name: 'y0', kind: 'macvlan', link },
    { name: 'y0', kind: 'macvtap', link },
    { name: 'y0', kind: 'ipvlan', link },
    { name: 'y0', kind: 'vxlan', data: { id: 7, port: 4789 } },
    { name: 'y0', kind: 'geneve', data: { id: 7, remote: '192.0.2.9' } },
    { name: 'y0', kind: 'vrf', data: { table: 10 } },
    { name: 'y0', kind: 'bareudp', data: { port: 6635, ethertype: 0x8847 } },
  ];
  test.each(withOptions)('of kind $kind, which take options, come and go', (settings) => {
    host.route.links.add(settings);
    expect(host.route.links.get('y0').name).toBe('y0');
    host.route.links.remove('y0');
  });
});

test('matches and targets of iptables', () => {
  expect(lines('/proc/net/ip_tables_matches')).toEqual(
    expect.arrayContaining(
      (
        'addrtype bpf cluster comment connbytes connlimit connmark conntrack cpu dccp devgroup dscp ecn esp hashlimit ' +
        'helper iprange ipvs length limit mac mark multiport nfacct osf owner physdev policy quota rateest realm recent ' +
        'rpfilter sctp set socket state statistic string tcp tcpmss time ttl u32 udp'
      ).split(' '),
    ),
  );
  expect(lines('/proc/net/ip_tables_targets')).toEqual(
    expect.arrayContaining(
      (
        'CHECKSUM CLASSIFY CONNMARK CT DNAT DSCP ECN HMARK LOG MARK MASQUERADE NETMAP NFLOG NFQUEUE NOTRACK RATEEST ' +
        'REDIRECT REJECT SET SNAT SYNPROXY TCPMSS TCPOPTSTRIP TEE TPROXY TRACE TTL'
      ).split(' '),
    ),
  );
});

test('what shows itself in /proc', () => {
  expect(lines('/proc/net/protocols').map((line) => line.split(' ')[0])).toEqual(
    expect.arrayContaining(['MPTCP', 'SCTP', 'DCCP', 'TIPC', 'UNIX', 'PACKET', 'PPPOE', 'L2TP/IP']),
  );
  expect(lines('/proc/net/ip_vs')[0]).toContain('IP Virtual Server');
  expect(host.readFile('/proc/net/nf_conntrack')).toBe('');
  expect(host.sysctl('net.mpls.platform_labels')).toBe('0');
  expect(host.readFile('/proc/crypto')).toMatch(
    /name +: rfc7539esp|name +: gcm\(aes\)|name +: aes/,
  );
  expect(host.sysctl('net.ipv4.tcp_available_ulp').split(' ')).toEqual(
    expect.arrayContaining(['tls', 'mptcp']),
  );
});
