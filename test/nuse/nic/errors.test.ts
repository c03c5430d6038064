// SPDX-License-Identifier: GPL-2.0-only

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { NicWorld, type NicHost } from './nic-host.js';

let world: NicWorld;
/** One that keeps all its rights. */
let root: NicHost;
beforeAll(async () => {
  world = await NicWorld.create(
    'ip link add veth0 type veth peer name veth1',
    'ip tuntap add dev tap0 mode tap',
    'ip tuntap add dev tap1 mode tap user 0',
    'ip link set veth1 up',
    // As udev gives it on a machine, where everybody may open it.
    'mknod -m 666 /run/tun c 10 200',
    'mount --bind /run/tun /dev/net/tun',
  );
  root = world.start();
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

describe('a NIC that cannot be says what to do', () => {
  test.each([
    [
      'tap:tap1',
      true,
      /no permission for the TAP interface tap1 \| as root: ip tuntap add dev tap1 mode tap user \S+ vnet_hdr && ip link set tap1 up/,
    ],
    [
      'tap:veth0',
      false,
      /veth0 is there and is no TAP interface \| take another name, or packet:veth0/,
    ],
    [
      'packet:nope0',
      false,
      /NIC “packet:nope0”: the machine has no interface nope0 \| `ip link` lists/,
    ],
    ['packet:veth0', false, /veth0 is down \| as root: ip link set veth0 up/],
    ['packet:veth1', true, /no packet socket: .*\(EPERM\) \| it takes root/],
    [
      'passt:',
      false,
      /passt does not start: .* \| it needs an interface of the machine with a default route/,
    ],
    [
      'unix:/nowhere/x.sock',
      false,
      /cannot listen at \/nowhere\/x.sock: .*\(ENOENT\) \| its folder must be there/,
    ],
    [
      'unix:/tmp/nobody.sock?mode=connect',
      false,
      /cannot connect to .*\(ENOENT\) \| start the other side first, or write mode=listen/,
    ],
    [`unix:/${'x'.repeat(120)}`, false, /the path has 121 bytes \| 107 fit/],
    [
      'pcap:?replay=/nowhere.pcap',
      false,
      /\/nowhere.pcap cannot be replayed: ENOENT \| it must be a capture of Ethernet frames/,
    ],
    ['pcap:?replay=/proc/self/maps', false, /cannot be replayed: it is neither pcap nor pcapng/],
    ['pcap:/dev/null/x.pcapng', false, /cannot write the capture .*x.pcapng \| its folder must/],
    ['xdp:nope0', false, /the machine has no interface nope0/],
    ['xdp:veth1', true, /no permission for AF_XDP on veth1 \| it takes root/],
    ['xdp:veth1?queue=7', false, /veth1 has no queue 7 \| ethtool -l veth1 says how many/],
    ['pcap:', false, /there is nothing to replay or record/],
    [
      'usb:0',
      false,
      /--nic usb:0: url NIC “usb:0”: nothing is called usb: \(a NIC is one of tap:libos0/,
    ],
    [
      'tap:tap0,address=192.0.2.2/24,address=192.0.2.2/24',
      false,
      /NIC eth0 \(tap:tap0\): address 192.0.2.2\/24: Linux refuses it: EEXIST/,
    ],
    ['tap:tap0,gateway=192.0.2.1', false, /gateway 192.0.2.1: Linux refuses it: ENETUNREACH/],
  ] as const)('%s', async (nic, asNobody, expected) => {
    const host = asNobody ? world.start() : root;
    await expect(host.order('open', { nics: [nic], asNobody })).rejects.toThrow(expected);
  });

  test('a TAP that another host has', async () => {
    const first = await world.host(['tap:tap0']);
    await expect(root.order('open', { nics: ['tap:tap0'] })).rejects.toThrow(
      /the TAP interface tap0 is in use \| another host or virtual machine has it/,
    );
    await first.close();
  });

  test('a sysctl that is none, and a NIC in the file, each with its place', async () => {
    await expect(
      root.order('open', { nics: ['tap:tap0'], sysctls: ['net.ipv4.nope=1'] }),
    ).rejects.toThrow(/sysctl net.ipv4.nope = 1: Linux refuses it: ENOENT/);
    const config = join(world.namespaces.folder, 'bad.toml');
    writeFileSync(config, '[[nics]]\nurl = "tap:"\n');
    await expect(root.order('open', { config })).rejects.toThrow(/bad.toml:2:1: nics\[0\].url/);
  });
});
