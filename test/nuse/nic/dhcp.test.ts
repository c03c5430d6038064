// SPDX-License-Identifier: GPL-2.0-only

import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Running } from '../../../bench/nuse/namespaces.js';
import { NicWorld } from './nic-host.js';

const tap = [
  'ip tuntap add dev tap0 mode tap',
  'ip addr add 192.0.2.1/24 dev tap0',
  'ip addr add 2001:db8::1/64 dev tap0 nodad',
  'ip link set tap0 up',
];

/** dnsmasq as the router of the TAP, until the world ends. */
async function serve(world: NicWorld, ...options: string[]): Promise<Running> {
  const { folder } = world.namespaces;
  const running = world.namespaces.start([
    ...['dnsmasq', '--keep-in-foreground', '--conf-file=/dev/null', '--no-resolv', '--no-hosts'],
    ...['--user=root', '--interface=tap0', '--bind-interfaces', '--log-dhcp', '--log-facility=-'],
    ...[`--pid-file=${join(folder, 'dnsmasq.pid')}`, `--dhcp-leasefile=${join(folder, 'leases')}`],
    ...options,
  ]);
  await running.until(/DHCP, IP range/);
  return running;
}

test('DHCP gives an address, a route, an MTU and name servers, and gets the address back', async () => {
  await using world = await NicWorld.create(...tap);
  const server = await serve(
    world,
    '--dhcp-range=192.0.2.50,192.0.2.50,255.255.255.0,2m',
    '--dhcp-option=option:domain-search,lab.example,example.com',
    '--dhcp-option=option:mtu,1400',
    '--dhcp-option=option:dns-server,192.0.2.1,192.0.2.9',
  );
  const config = join(world.namespaces.folder, 'host.toml');
  writeFileSync(config, '[[nics]]\nurl = "tap:tap0"\ndhcp = true\n[hosts]\n"192.0.2.80" = "web"\n');
  const host = world.start();
  const { nics, resolvConf, hostsFile } = await host.order('open', { config });
  expect(nics[0]).toMatchObject({ mtu: 1400 });
  expect(nics[0]!.addresses).toContain('192.0.2.50/24');
  expect(resolvConf).toBe(
    'nameserver 192.0.2.1\nnameserver 192.0.2.9\nsearch lab.example example.com\n',
  );
  expect(await host.order('read', { path: '/etc/resolv.conf' })).toBe(resolvConf);
  expect(await host.order('read', { path: '/etc/hosts' })).toBe(hostsFile);
  expect(hostsFile).toContain('192.0.2.80 web\n');
  expect(await host.order('lookup', { destination: '203.0.113.1' })).toEqual({
    gateway: '192.0.2.1',
    preferredSource: '192.0.2.50',
  });
  expect(await host.order('ping', { address: '192.0.2.1' })).toBeGreaterThan(0);
  expect(server.out + server.err).toContain('client provides name: nictest');
  await host.close();
  await server.until(/DHCPRELEASE\(tap0\) 192.0.2.50/);
});

test('a lease is renewed from its server while it lasts, and is over when nobody renews it', async () => {
  await using world = await NicWorld.create(...tap);
  const leaseSeconds = 2;
  const config = join(world.namespaces.folder, 'udhcpd.conf');
  const lines = [
    'interface tap0',
    'start 192.0.2.50',
    'end 192.0.2.50',
    `lease_file ${world.namespaces.folder}/leases`,
    `pidfile ${world.namespaces.folder}/udhcpd.pid`,
    `min_lease ${leaseSeconds}`,
    'option subnet 255.255.255.0',
    'option router 192.0.2.1',
    `option lease ${leaseSeconds}`,
  ];
  writeFileSync(config, `${lines.join('\n')}\n`);
  writeFileSync(join(world.namespaces.folder, 'leases'), '');
  const server = world.namespaces.start(['udhcpd', '-f', config]);
  await server.until(/started/);
  const host = await world.host(['tap:tap0,dhcp=true']);
  // One for the lease, the others for renewals: longer than one lasts.
  await server.until(/(sending ACK to 192.0.2.50[^]*){4}/i, 20_000);
  const { nics, log } = await host.status();
  expect(nics[0]!.addresses).toContain('192.0.2.50/24');
  expect(log.filter((line) => line.includes('by DHCP'))).toHaveLength(1);
  await server.stop();
  await host.logged(/the lease of 192.0.2.50 has run out/);
  expect((await host.status()).nics[0]!.addresses).not.toContain('192.0.2.50/24');
});

test('without a server the host is up all the same, and gets its lease when there is one', async () => {
  await using world = await NicWorld.create(...tap);
  const host = world.start();
  const { nics, log } = await host.order('open', {
    nics: ['tap:tap0,dhcp=true'],
    firstLeaseMs: 500,
  });
  expect(nics[0]!.addresses.filter((address) => !address.startsWith('fe80'))).toEqual([]);
  expect(log.join('\n')).toContain('eth0: no lease by DHCP yet; it goes on trying');
  const server = await serve(world, '--dhcp-range=192.0.2.50,192.0.2.50,255.255.255.0,2m');
  await server.until(/DHCPACK\(tap0\) 192.0.2.50/, 20_000);
  await host.addressed('192.0.2.50/24');
  expect(await host.order('ping', { address: '192.0.2.1' })).toBeGreaterThan(0);
});

test('IPv6 addresses, routes and name servers come from router advertisements', async () => {
  await using world = await NicWorld.create(...tap, 'sysctl -qw net.ipv6.conf.all.forwarding=1');
  const server = world.namespaces.start([
    ...['dnsmasq', '--keep-in-foreground', '--conf-file=/dev/null', '--no-resolv', '--no-hosts'],
    ...['--user=root', '--interface=tap0', '--bind-interfaces', '--log-facility=-', '--enable-ra'],
    ...[`--pid-file=${join(world.namespaces.folder, 'dnsmasq.pid')}`],
    '--dhcp-range=2001:db8::,ra-stateless',
    '--dhcp-option=option6:dns-server,[2001:db8::53]',
    '--dhcp-option=option6:domain-search,six.example',
  ]);
  await server.until(/router advertisement on/);
  const host = await world.host(['tap:tap0']);
  await host.addressed(/^2001:db8:[0-9a-f:]+\/64$/);
  const route = await host.order('lookup', { destination: '2001:db8:ffff::1' });
  expect(route.gateway).toMatch(/^fe80::/);
  expect((await host.status()).resolvConf).toBe('nameserver 2001:db8::53\nsearch six.example\n');
});
