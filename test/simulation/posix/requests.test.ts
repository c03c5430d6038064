// SPDX-License-Identifier: GPL-2.0-only
/** ioctls of interfaces, bridges, tunnels and TUN; vectors, masks and locks. */
import { describe, expect, test } from 'vitest';
import {
  AF_INET,
  AF_UNIX,
  IFF_NO_PI,
  IFF_TUN,
  IFF_UP,
  MSG_WAITALL,
  netlink,
  O_RDWR,
  POLLIN,
  S_IFCHR,
  SIGUSR1,
  SIOCADDTUNNEL,
  SIOCBRADDBR,
  SIOCBRADDIF,
  SIOCGIFADDR,
  SIOCGIFFLAGS,
  SIOCGIFINDEX,
  SIOCGIFMTU,
  SIOCSIFADDR,
  SIOCSIFFLAGS,
  SIOCSIFMTU,
  SOCK_DGRAM,
  SOCK_STREAM,
  structures as S,
  TUNSETIFF,
} from '../../../src/posix/index.js';
import { virtualHost } from '../../helpers/virtual-host.js';

const code = (name: string): unknown => expect.objectContaining({ code: name });
const bytes = (length: number): Uint8Array => new Uint8Array(length);

describe('interface requests', () => {
  test('get and set what an interface has', async () => {
    using world = await virtualHost();
    const process = world.host.spawn();
    world.host.route.links.add({ name: 'd0', kind: 'dummy' });
    const fd = process.socket(AF_INET, SOCK_DGRAM);
    const { ifr_ifindex } = process.ioctlWith(fd, SIOCGIFINDEX, S.ifreq_int, {
      ifr_name: 'd0',
      ifr_ifindex: 0,
    });
    expect(ifr_ifindex).toBe(world.host.route.links.indexOf('d0'));
    expect(process.interfaceName(fd, ifr_ifindex)).toBe('d0');
    process.ioctlWith(fd, SIOCSIFMTU, S.ifreq_int, { ifr_name: 'd0', ifr_ifindex: 1234 });
    expect(
      process.ioctlWith(fd, SIOCGIFMTU, S.ifreq_int, { ifr_name: 'd0', ifr_ifindex: 0 })
        .ifr_ifindex,
    ).toBe(1234);
    const address = {
      sa_family: AF_INET,
      sa_data: Uint8Array.of(0, 0, 192, 0, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0),
    };
    process.ioctlWith(fd, SIOCSIFADDR, S.ifreq_addr, { ifr_name: 'd0', ifr_addr: address });
    expect(
      process.ioctlWith(fd, SIOCGIFADDR, S.ifreq_addr, { ifr_name: 'd0', ifr_addr: address })
        .ifr_addr,
    ).toEqual(address);
    const { ifr_flags } = process.ioctlWith(fd, SIOCGIFFLAGS, S.ifreq_flags, {
      ifr_name: 'd0',
      ifr_flags: 0,
    });
    process.ioctlWith(fd, SIOCSIFFLAGS, S.ifreq_flags, {
      ifr_name: 'd0',
      ifr_flags: ifr_flags | IFF_UP,
    });
    expect(world.host.route.links.get('d0').up).toBe(true);
    expect(process.interfaceAddresses(fd).map(({ ifr_name }) => ifr_name)).toEqual(['lo', 'd0']);
    expect(() =>
      process.ioctlWith(fd, SIOCGIFMTU, S.ifreq_int, { ifr_name: 'no', ifr_ifindex: 0 }),
    ).toThrow(code('ENODEV'));
    expect(() => process.ioctl(fd, 0x12345678)).toThrow(code('ENOTTY'));
  });

  test('make bridges and tunnels', async () => {
    using world = await virtualHost();
    const process = world.host.spawn();
    const { links } = world.host.route;
    links.add({ name: 'd0', kind: 'dummy' });
    const fd = process.socket(AF_INET, SOCK_DGRAM);
    process.ioctlWithName(fd, SIOCBRADDBR, 'br0');
    process.ioctlWith(fd, SIOCBRADDIF, S.ifreq_int, {
      ifr_name: 'br0',
      ifr_ifindex: links.indexOf('d0'),
    });
    expect(links.get('d0')).toMatchObject({ master: links.indexOf('br0'), portKind: 'bridge' });
    const parameters = {
      name: 'tun1',
      link: 0,
      i_flags: 0,
      o_flags: 0,
      i_key: 0,
      o_key: 0,
      iph: {
        version_ihl: 0x45,
        tos: 0,
        tot_len: 0,
        id: 0,
        frag_off: 0,
        ttl: 33,
        protocol: 41,
        check: 0,
        saddr: Uint8Array.of(192, 0, 2, 1),
        daddr: Uint8Array.of(192, 0, 2, 2),
      },
    };
    links.add({ name: 'sit9', kind: 'sit', data: { local: '192.0.2.7' } });
    process.ioctlWithData(fd, SIOCADDTUNNEL, 'sit9', S.ip_tunnel_parm, parameters);
    expect(links.get('tun1')).toMatchObject({
      kind: 'sit',
      data: { local: '192.0.2.1', remote: '192.0.2.2', ttl: 33 },
    });
  });

  test('a TUN interface is a descriptor that packets go through', async () => {
    using world = await virtualHost();
    const process = world.host.spawn();
    try {
      process.mkdir('/dev/net');
    } catch {
      // It is there already.
    }
    process.mknod('/dev/net/tun-test', S_IFCHR | 0o600, { major: 10, minor: 200 });
    const fd = process.open('/dev/net/tun-test', O_RDWR);
    process.ioctlWith(fd, TUNSETIFF, S.ifreq_flags, {
      ifr_name: 'tun0',
      ifr_flags: IFF_TUN | IFF_NO_PI,
    });
    const { route } = world.host;
    route.links.change('tun0', { up: true });
    route.addresses.add('tun0', { address: '10.9.0.1/24', flags: netlink.constants.IFA_F_NODAD });
    const sender = process.socket(AF_INET, SOCK_DGRAM);
    process.sendto(sender, 'out', 0, { family: AF_INET, address: '10.9.0.2', port: 9 });
    const packet = bytes(2000);
    let length: number;
    // IPv6 asks for routers meanwhile.
    do length = await world.until(process.readAsync(fd, packet));
    while (packet[0]! >> 4 !== 4);
    expect([length, [...packet.subarray(16, 20)]]).toEqual([31, [10, 9, 0, 2]]);
  });
});

test('vectors wait and write all', async () => {
  using world = await virtualHost();
  const process = world.host.spawn();
  const [a, b] = process.socketpair(AF_UNIX, SOCK_STREAM);
  const parts = [bytes(300_000).fill(1), bytes(0), bytes(200_000).fill(2)];
  const writing = process.writevAsync(a, parts);
  let total = 0;
  let sum = 0;
  while (total < 500_000) {
    const targets = [bytes(1000), bytes(5000)];
    const length = await world.until(process.readvAsync(b, targets));
    total += length;
    for (const target of targets) sum += target.reduce((x, y) => x + y, 0);
  }
  expect([await writing, total, sum]).toEqual([500_000, 500_000, 700_000]);
});

test('a signal that only the wait lets through ends it', async () => {
  using world = await virtualHost();
  const process = world.host.spawn();
  const [r] = process.pipe();
  const seen: number[] = [];
  process.onSignal(SIGUSR1, (signal) => seen.push(signal));
  process.blockSignals([SIGUSR1]);
  process.kill(process.pid, SIGUSR1);
  await world.pass(1e6);
  expect(seen).toEqual([]);
  await expect(
    world.until(process.pollAsync([{ fd: r, events: POLLIN }], { blockedSignals: [] })),
  ).rejects.toMatchObject({ code: 'EINTR' });
  expect(seen).toEqual([SIGUSR1]);
});

test('messages on a stream are sent and received whole', async () => {
  using world = await virtualHost();
  const process = world.host.spawn();
  const [a, b] = process.socketpair(AF_UNIX, SOCK_STREAM);
  const sending = process.sendmsgAsync(a, { data: [bytes(400_000), bytes(300_000).fill(9)] });
  const buffers = [bytes(500_000), bytes(200_000)];
  const { length } = await world.until(process.recvmsgAsync(b, { buffers }, MSG_WAITALL));
  expect([await sending, length, buffers[0]![399_999], buffers[1]![199_999]]).toEqual([
    700_000, 700_000, 0, 9,
  ]);
});
