// SPDX-License-Identifier: GPL-2.0-only

/** NICs other than TAP interfaces: what they are joined to, and that bulk crosses them whole. */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { checksumErrors, digestOf, NicWorld } from './nic-host.js';

const bytes = 16 << 20;
const veth = [
  'ip link add veth0 type veth peer name veth1',
  'ip addr add 192.0.2.1/24 dev veth0',
  'ip link set veth0 up',
  'ip link set veth1 up',
];

async function checksumErrorsOf(world: NicWorld): Promise<number> {
  const files = ['/proc/net/snmp', '/proc/net/snmp6', '/proc/net/netstat'];
  return checksumErrors(await world.namespaces.check(['cat', ...files]));
}

test('packet: shares an interface, with segments and checksums left undone', async () => {
  await using world = await NicWorld.create(...veth);
  const host = await world.host(['packet:veth1,address=192.0.2.2/24']);
  expect(await host.order('ping', { address: '192.0.2.1' })).toBeGreaterThan(0);
  const sink = await world.sink(5001);
  expect(await host.order('send', { address: '192.0.2.1', port: 5001, bytes })).toBe(
    await digestOf(sink),
  );
  const data = await world.source(5002, bytes);
  expect(await host.order('receive', { address: '192.0.2.1', port: 5002 })).toBe(data);
  const { sentBytes, sentFrames, receivedBytes, receivedFrames } = (await host.status()).nics[0]!
    .counters;
  expect(sentBytes / sentFrames).toBeGreaterThan(5000);
  expect(receivedBytes / receivedFrames).toBeGreaterThan(5000);
  expect(await checksumErrorsOf(world)).toBe(0);
});

test('packet: goes on when its interface has been down, and says when it is gone', async () => {
  await using world = await NicWorld.create(...veth);
  const host = await world.host(['packet:veth1,address=192.0.2.2/24']);
  expect(await host.order('ping', { address: '192.0.2.1' })).toBeGreaterThan(0);
  await world.namespaces.script(['ip link set veth1 down', 'ip link set veth1 up']);
  expect(await host.order('ping', { address: '192.0.2.1' })).toBeGreaterThan(0);
  await world.namespaces.check(['ip', 'link', 'del', 'veth1']);
  await host.logged(/veth1 is gone/);
});

test('packet: gives VLAN tags back that Linux has taken out', async () => {
  await using world = await NicWorld.create(...veth);
  const first = await world.host(['packet:veth0,address=192.0.2.3/24']);
  const second = await world.host(['packet:veth1,address=192.0.2.2/24']);
  await first.order('addVlan', { name: 'v7', id: 7, address: '198.51.100.1/24' });
  await second.order('addVlan', { name: 'v7', id: 7, address: '198.51.100.2/24' });
  expect(await second.order('ping', { address: '198.51.100.1' })).toBeGreaterThan(0);
  const served = first.order('serve', { port: 5001 });
  expect(await second.order('send', { address: '198.51.100.1', port: 5001, bytes })).toBe(
    await served,
  );
});

test('unix: joins two hosts, in any order, and again after one was gone', async () => {
  await using world = await NicWorld.create();
  const path = join(world.namespaces.folder, 'cable.sock');
  const first = await world.host([`unix:${path},address=192.0.2.1/24`]);
  expect((await first.status()).nics[0]!.state).toBe('nobody has connected');
  expect(await world.namespaces.check(['stat', '-c', '%a', path])).toBe('600\n');
  const second = await world.host([`unix:${path},address=192.0.2.2/24`]);
  expect(await second.order('ping', { address: '192.0.2.1' })).toBeGreaterThan(0);
  const served = first.order('serve', { port: 5001 });
  expect(await second.order('send', { address: '192.0.2.1', port: 5001, bytes })).toBe(
    await served,
  );
  const back = second.order('serve', { port: 5002 });
  expect(await first.order('send', { address: '192.0.2.2', port: 5002, bytes })).toBe(await back);

  await second.close();
  const third = await world.host([`unix:${path}?mode=connect,address=192.0.2.3/24`]);
  expect(await third.order('ping', { address: '192.0.2.1' })).toBeGreaterThan(0);
  const other = world.start();
  await expect(other.order('open', { nics: [`unix:${path}?mode=listen`] })).rejects.toThrow(
    /is in use: somebody listens there/,
  );
  expect((await first.close()).join('\n')).toMatch(/the other side is gone/);
});

test('unix: a peer that says nonsense loses its connection, and the next one is served', async () => {
  await using world = await NicWorld.create();
  const path = join(world.namespaces.folder, 'cable.sock');
  const first = await world.host([`unix:${path},address=192.0.2.1/24`]);
  await world.namespaces.check(['socat', '-u', 'STDIN', `UNIX-CONNECT:${path}`], {
    input: Uint8Array.of(0xff, 0xff, 0xff, 0xff, 1, 2, 3),
  });
  const second = await world.host([`unix:${path},address=192.0.2.2/24`]);
  expect(await second.order('ping', { address: '192.0.2.1' })).toBeGreaterThan(0);
  expect((await first.close()).join('\n')).toMatch(/the other side is gone/);
});

test('passt: is a way out without root, with addresses and names by DHCP', async () => {
  await using world = await NicWorld.create();
  await world.namespaces.addNetwork('machine');
  const net = join(world.namespaces.folder, 'net-machine');
  await world.namespaces.script([
    ...veth.slice(0, 3),
    `ip link set veth1 netns ${net}`,
    'ip addr add 2001:db8::1/64 dev veth0 nodad',
    // Of the gateway's address passt makes the machine's loopback: what is far is elsewhere.
    'ip addr add 198.51.100.1/24 dev veth0',
    'ip addr add 2001:db8:9::1/64 dev veth0 nodad',
  ]);
  await world.namespaces.script(
    [
      'ip addr add 192.0.2.7/24 dev veth1',
      'ip addr add 2001:db8::7/64 dev veth1 nodad',
      'ip link set veth1 up',
      'ip link set lo up',
      'ip route add default via 192.0.2.1',
      'ip route add default via 2001:db8::1',
    ],
    { net: 'machine' },
  );
  const host = world.start({ net: 'machine' });
  const opened = await host.order('open', {
    nics: ['passt:?dns=192.0.2.53&tcp=8080:5003'],
  });
  expect(opened.nics[0]!.addresses).toContain('192.0.2.7/24');
  expect(opened.nics[0]!.mtu).toBe(65_520);
  expect(opened.resolvConf).toContain('nameserver 192.0.2.53\n');
  await host.addressed(/^2001:db8:/);
  const sink = await world.sink(5001);
  expect(await host.order('send', { address: '198.51.100.1', port: 5001, bytes })).toBe(
    await digestOf(sink),
  );
  const data = await world.source(5002, bytes, { six: true });
  expect(await host.order('receive', { address: '2001:db8:9::1', port: 5002 })).toBe(data);
  // In through the port that is forwarded.
  const served = host.order('serve', { port: 5003 });
  await world.namespaces.check(['socat', '-u', 'STDIN', 'TCP:192.0.2.7:8080'], { input: 'hello' });
  expect(await served).toBe('2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824');

  // A passt that ends is started again.
  await new Promise((resolve) => setTimeout(resolve, 1500));
  await world.namespaces.check(['sh', '-c', 'kill $(pidof passt passt.avx2)']);
  await host.logged(/passt has ended/);
  const again = await world.source(5004, bytes);
  expect(await host.order('receive', { address: '198.51.100.1', port: 5004 })).toBe(again);
});

test('pcap: replays a capture, and records what went in and out', async () => {
  await using world = await NicWorld.create(...veth);
  const { folder } = world.namespaces;
  const input = join(folder, 'in.pcap');
  const output = join(folder, 'out.pcapng');
  // Echo requests of the machine's own Linux, as tcpdump sees them.
  const dump = world.namespaces.start([
    'tcpdump',
    '-U',
    '-w',
    input,
    '-i',
    'veth0',
    'icmp',
    'or',
    'arp',
  ]);
  await dump.until(/listening on/);
  const mac = '02:00:00:00:00:02';
  await world.namespaces.script([
    `ip neigh add 192.0.2.2 lladdr ${mac} dev veth0`,
    'ping -c 3 -i 0.2 -W 1 192.0.2.2 || true',
  ]);
  await dump.stop('SIGINT');
  const host = await world.host([
    `pcap:?replay=${input}&record=${output},address=192.0.2.2/24,mac=${mac}`,
  ]);
  await host.logged(/all \d+ frames have been replayed/);
  const { receivedFrames } = (await host.status()).nics[0]!.counters;
  expect(receivedFrames).toBeGreaterThanOrEqual(3);
  await host.close();
  const seen = await world.namespaces.check(['tcpdump', '-nr', output, 'icmp', 'or', 'arp']);
  expect(seen.match(/192.0.2.1 > 192.0.2.2: ICMP echo request/g)).toHaveLength(3);
  // It would like to answer, and asks who has the address of those that asked.
  expect(seen).toMatch(/Request who-has 192.0.2.1 tell 192.0.2.2|ICMP echo reply/);
});

describe('xdp: takes a queue past the machine’s stack', () => {
  test.each(['attach=native', 'attach=generic'])('%s', async (attach) => {
    // Checksums that a veth leaves to its peer are never made when the peer's stack is not there.
    await using world = await NicWorld.create(...veth, 'ethtool -K veth0 tx off >/dev/null');
    const host = await world.host([`xdp:veth1?${attach},address=192.0.2.2/24`]);
    expect((await host.status()).log.join('\n')).toMatch(
      /AF_XDP on queue 0, \w+, (with a copy|zero-copy)/,
    );
    expect(await host.order('ping', { address: '192.0.2.1' })).toBeGreaterThan(0);
    const sink = await world.sink(5001);
    expect(await host.order('send', { address: '192.0.2.1', port: 5001, bytes })).toBe(
      await digestOf(sink),
    );
    const data = await world.source(5002, bytes);
    expect(await host.order('receive', { address: '192.0.2.1', port: 5002 })).toBe(data);
    expect(await checksumErrorsOf(world)).toBe(0);
    expect(await world.namespaces.check(['ip', 'link', 'show', 'veth1'])).toMatch(/xdp/);
    await host.close();
    expect(await world.namespaces.check(['ip', 'link', 'show', 'veth1'])).not.toMatch(/xdp/);
  });
});
