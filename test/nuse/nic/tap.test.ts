// SPDX-License-Identifier: GPL-2.0-only

import { expect, test } from 'vitest';
import { checksumErrors, digestOf, NicWorld, type NicHost } from './nic-host.js';

const bytes = 32 << 20;
const tap = [
  'ip tuntap add dev tap0 mode tap',
  'ip addr add 192.0.2.1/24 dev tap0',
  'ip addr add 2001:db8::1/64 dev tap0 nodad',
  'ip link set tap0 up',
];
const addresses = 'address=192.0.2.2/24,address=2001:db8::2/64,gateway=192.0.2.1';

/** Bulk in both directions over both families, and no checksum is wrong on either side. */
async function bulk(world: NicWorld, host: NicHost): Promise<void> {
  for (const [six, address] of [
    [false, '192.0.2.1'],
    [true, '2001:db8::1'],
  ] as const) {
    const sink = await world.sink(5001, { six });
    const sent = await host.order('send', { address, port: 5001, bytes });
    expect(await digestOf(sink)).toBe(sent);
    const data = await world.source(5002, bytes, { six });
    expect(await host.order('receive', { address, port: 5002 })).toBe(data);
  }
  const files = ['/proc/net/snmp', '/proc/net/snmp6', '/proc/net/netstat'];
  const ours = await Promise.all(files.map((path) => host.order('read', { path })));
  expect(checksumErrors(...ours)).toBe(0);
  expect(checksumErrors(await world.namespaces.check(['cat', ...files]))).toBe(0);
}

test('a TAP carries ping and bulk TCP in whole segments, both ways and in both families', async () => {
  await using world = await NicWorld.create(...tap);
  const host = await world.host([`tap:tap0,${addresses}`]);
  expect(await host.order('ping', { address: '192.0.2.1' })).toBeGreaterThan(0);
  expect(await host.order('ping', { address: '2001:db8::1' })).toBeGreaterThan(0);
  await world.namespaces.check(['ping', '-c', '1', '-W', '5', '192.0.2.2']);
  await bulk(world, host);
  const [nic] = (await host.status()).nics;
  expect(nic).toMatchObject({ name: 'eth0', state: 'up', mtu: 1500 });
  const { sentBytes, sentFrames, receivedBytes, receivedFrames, sentDropped } = nic!.counters;
  // Much more than a wire's frame at a time.
  expect(sentBytes / sentFrames).toBeGreaterThan(5000);
  expect(receivedBytes / receivedFrames).toBeGreaterThan(5000);
  expect(sentDropped).toBe(0);
});

test('without offloads frames and checksums are whole on the TAP', async () => {
  await using world = await NicWorld.create(...tap);
  const host = await world.host([`tap:tap0?offloads=off,${addresses}`]);
  await bulk(world, host);
  const { sentBytes, sentFrames, receivedBytes, receivedFrames } = (await host.status()).nics[0]!
    .counters;
  expect(sentBytes / sentFrames).toBeLessThan(1515);
  expect(receivedBytes / receivedFrames).toBeLessThan(1515);
});

test('a TAP that is not there is made, raised, and gone with the host; its MTU is the interface’s', async () => {
  await using world = await NicWorld.create();
  const host = await world.host([`tap:made0,${addresses}`]);
  expect(await world.namespaces.check(['ip', '-br', 'link'])).toMatch(/made0 +(UP|UNKNOWN)/);
  await host.close();
  expect(await world.namespaces.check(['ip', '-br', 'link'])).not.toContain('made0');

  await world.namespaces.script([...tap, 'ip link set tap0 mtu 9000']);
  const second = await world.host([`tap:tap0,${addresses}`]);
  expect((await second.status()).nics[0]).toMatchObject({ mtu: 9000 });
});

test('an interface that is deleted takes the carrier, and the host lives on', async () => {
  await using world = await NicWorld.create(...tap);
  const host = await world.host([`tap:tap0,${addresses}`]);
  await world.namespaces.check(['ip', 'link', 'del', 'tap0']);
  await expect(host.order('send', { address: '192.0.2.1', port: 1, bytes: 1 })).rejects.toThrow(
    /ENETUNREACH|EHOSTUNREACH|ENETDOWN|ETIMEDOUT/,
  );
  expect((await host.status()).nics[0]!.state).toMatch(/tap0 is gone/);
});
