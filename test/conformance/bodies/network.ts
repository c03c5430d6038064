// SPDX-License-Identifier: GPL-2.0-only
/** Below the transports: raw and packet sockets, interface ioctls, network namespaces. */
import {
  AF_INET,
  AF_INET6,
  AF_NETLINK,
  AF_PACKET,
  AF_UNIX,
  ETH_P_ALL,
  ETH_P_IP,
  ETH_P_IPV6,
  FIOASYNC,
  FIONBIO,
  ICMP_FILTER,
  IFF_LOOPBACK,
  IFF_RUNNING,
  IFF_UP,
  IP_HDRINCL,
  IPPROTO_ICMP,
  IPPROTO_ICMPV6,
  IPPROTO_RAW,
  MSG_DONTWAIT,
  MSG_TRUNC,
  PACKET_HOST,
  PACKET_LOOPBACK,
  PACKET_OUTGOING,
  SIOCATMARK,
  SIOCGIFADDR,
  SIOCGIFFLAGS,
  SIOCGIFHWADDR,
  SIOCGIFINDEX,
  SIOCGIFMTU,
  SIOCGIFNETMASK,
  SIOCGSTAMP_NEW,
  SIOCOUTQ,
  SIOCOUTQNSD,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOCK_RAW,
  SOCK_STREAM,
  SOL_IP,
  SOL_RAW,
  socketOptions,
  type Process,
  type SocketAddress,
} from '../../../src/posix/index.js';
import { ifreq_addr, ifreq_int } from '../../../src/posix/struct/interface.js';
import { body } from '../body.js';
import { bound, drain, ipv4, ipv6, tcpPair } from './support.js';

/** An ICMP or ICMPv6 echo request. */
function echoRequest(type: number, sequence: number): Uint8Array {
  const packet = Uint8Array.of(type, 0, 0, 0, 0x12, 0x34, 0, sequence, 1, 2, 3, 4);
  let sum = 0;
  for (let i = 0; i < packet.length; i += 2) sum += (packet[i]! << 8) | packet[i + 1]!;
  sum = (sum & 0xffff) + (sum >> 16);
  packet[2] = (~sum >> 8) & 0xff;
  packet[3] = ~sum & 0xff;
  return packet;
}

body('raw-icmp', (t) => {
  const p = t.process;
  const fd = p.socket(AF_INET, SOCK_RAW | SOCK_NONBLOCK, IPPROTO_ICMP);
  t.gives('nobody to send to', 'EDESTADDRREQ', () => p.send(fd, 'x'));
  p.sendto(fd, echoRequest(8, 1), 0, ipv4(0));
  const packets = drain(p, fd);
  t.is(
    'request and reply',
    packets.map(({ bytes }) => bytes[20]),
    [8, 0],
  );
  t.is(
    'from',
    packets.map(({ address }) => address),
    [ipv4(0), ipv4(0)],
  );
  t.note(
    'headers',
    packets.map(({ bytes }) => [bytes[0], bytes[1], bytes[3], bytes[8], bytes[9], bytes.length]),
  );
  p.setsockopt(fd, SOL_RAW, ICMP_FILTER, new Uint8Array(Int32Array.of(1 << 8).buffer));
  p.sendto(fd, echoRequest(8, 2), 0, ipv4(0));
  t.is(
    'with a filter',
    drain(p, fd).map(({ bytes }) => bytes[20]),
    [0],
  );
  p.connect(fd, ipv4(0, '127.0.0.2'));
  p.sendto(fd, echoRequest(8, 3), 0, ipv4(0, '127.0.0.1'));
  t.is('connected elsewhere', drain(p, fd).length, 0);
  p.send(fd, echoRequest(8, 4));
  t.is(
    'connected',
    drain(p, fd).map(({ address }) => address),
    [ipv4(0, '127.0.0.2')],
  );
});

body('raw-header', (t) => {
  const p = t.process;
  const fd = p.socket(AF_INET, SOCK_RAW, IPPROTO_RAW);
  const b = bound(p);
  const udp = Uint8Array.of(0x10, 0, b.port >> 8, b.port & 0xff, 0, 12, 0, 0, 97, 98, 99, 100);
  const ip = Uint8Array.of(0x45, 0, 0, 0, 0, 0, 0, 0, 64, 17, 0, 0, 127, 0, 0, 9, 127, 0, 0, 1);
  const packet = new Uint8Array([...ip, ...udp]);
  t.is('IP_HDRINCL', p.getOption(fd, socketOptions.ipHeaderIncluded), true);
  t.is('send', p.sendto(fd, packet, 0, ipv4(0)), 32);
  const buffer = new Uint8Array(9);
  t.is('receive', p.recvfrom(b.fd, buffer), { length: 4, address: ipv4(0x1000, '127.0.0.9') });
  t.note(
    'too short',
    t.try(() => p.sendto(fd, packet.subarray(0, 10), 0, ipv4(0))),
  );
  t.note(
    'a header that is longer than the packet',
    (() => {
      const odd = packet.slice(0, 24);
      odd[0] = 0x4f;
      return t.try(() => p.sendto(fd, odd, 0, ipv4(0)));
    })(),
  );
  t.gives('receive on IPPROTO_RAW', 'EAGAIN', () => p.recv(fd, new Uint8Array(1), MSG_DONTWAIT));
  const plain = p.socket(AF_INET, SOCK_RAW, 253);
  p.setsockopt(plain, SOL_IP, IP_HDRINCL, 1);
  t.note('bind', [t.try(() => p.bind(plain, ipv4(7))) ?? 'ok', p.getsockname(plain)]);
});

body('raw-icmpv6', (t) => {
  const p = t.process;
  const fd = p.socket(AF_INET6, SOCK_RAW | SOCK_NONBLOCK, IPPROTO_ICMPV6);
  p.sendto(fd, echoRequest(128, 1), 0, ipv6(0));
  const packets = drain(p, fd);
  t.is(
    'request and reply',
    packets.map(({ bytes }) => bytes[0]),
    [128, 129],
  );
  t.is(
    'the checksum is filled in',
    packets.every(({ bytes }) => bytes[2] !== 0 || bytes[3] !== 0),
    true,
  );
  t.note(
    'port in the address',
    t.try(() => p.sendto(fd, echoRequest(128, 2), 0, ipv6(77))),
  );
});

body('ping-socket', (t) => {
  const p = t.process;
  t.gives('not allowed at first', 'EACCES', () => p.socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP));
  const fd = p.open('/proc/sys/net/ipv4/ping_group_range', 1);
  p.write(fd, '0 100');
  const ping = p.socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, IPPROTO_ICMP);
  p.sendto(ping, echoRequest(8, 5), 0, ipv4(0));
  const [reply] = drain(p, ping);
  t.is('reply', [reply?.bytes[0], reply?.bytes[7], reply?.bytes.length], [0, 5, 12]);
  t.note(
    'not an echo request',
    t.try(() => p.sendto(ping, echoRequest(0, 5), 0, ipv4(0))),
  );
});

const packetAddress = (protocol: number, interfaceIndex = 1): SocketAddress => ({
  family: AF_PACKET,
  protocol,
  interfaceIndex,
});

body('packet-socket', (t) => {
  const p = t.process;
  for (const [kind, type] of [
    ['cooked', SOCK_DGRAM],
    ['raw', SOCK_RAW],
  ] as const) {
    const fd = p.socket(AF_PACKET, type | SOCK_NONBLOCK);
    const b = bound(p);
    const a = bound(p);
    p.sendto(a.fd, 'before', 0, ipv4(b.port));
    t.is(`${kind}: nothing before bind`, drain(p, fd).length, 0);
    p.bind(fd, packetAddress(ETH_P_ALL));
    p.sendto(a.fd, 'hello', 0, ipv4(b.port));
    const packets = drain(p, fd);
    const offset = kind === 'raw' ? 14 : 0;
    t.is(
      `${kind}: out and in`,
      packets.map(({ address }) => address?.family === AF_PACKET && address.packetType),
      [PACKET_OUTGOING, PACKET_HOST],
    );
    t.note(
      `${kind}: address`,
      packets.map(({ address }) => address),
    );
    t.is(
      `${kind}: data`,
      packets.map(({ bytes }) => [
        bytes.length,
        Buffer.from(bytes.subarray(offset + 28)).toString(),
      ]),
      [
        [offset + 33, 'hello'],
        [offset + 33, 'hello'],
      ],
    );
    t.is(`${kind}: name`, p.getsockname(fd), {
      family: AF_PACKET,
      protocol: ETH_P_ALL,
      interfaceIndex: 1,
      hardwareType: 772,
      packetType: 0,
      address: new Uint8Array(6),
    });
    const { tp_packets, tp_drops } = p.getOption(fd, socketOptions.packetStatistics);
    t.is(`${kind}: statistics`, [tp_packets, tp_drops], [2, 0]);
    p.bind(fd, packetAddress(ETH_P_IPV6));
    p.sendto(a.fd, 'hello', 0, ipv4(b.port));
    t.is(`${kind}: IPv6 only`, drain(p, fd).length, 0);
    p.bind(fd, packetAddress(ETH_P_IP));
    p.setOption(fd, socketOptions.packetIgnoreOutgoing, true);
    p.sendto(a.fd, 'hello', 0, ipv4(b.port));
    t.is(`${kind}: IPv4`, drain(p, fd).length, 1);
    t.gives(`${kind}: no such interface`, 'ENODEV', () => p.bind(fd, packetAddress(ETH_P_ALL, 99)));
    t.gives(`${kind}: connect`, 'EOPNOTSUPP', () => p.connect(fd, packetAddress(ETH_P_ALL)));
    t.gives(`${kind}: listen`, 'EOPNOTSUPP', () => p.listen(fd));
    t.note(
      `${kind}: an address of IPv4`,
      t.try(() => p.bind(fd, ipv4(1))),
    );
    p.sendto(a.fd, new Uint8Array(500), 0, ipv4(b.port));
    t.is(`${kind}: cut`, p.recv(fd, new Uint8Array(20), MSG_TRUNC), offset + 528);
  }
});

body('packet-send', (t) => {
  const p = t.process;
  t.world.host.route.addresses.add('lo', '10.0.0.1/8');
  const b = bound(p, ipv4(0, '0.0.0.0'));
  const udp = Uint8Array.of(0x10, 0, b.port >> 8, b.port & 0xff, 0, 10, 0, 0, 104, 105);
  const ip = Uint8Array.of(0x45, 0, 0, 30, 0, 1, 0, 0, 64, 17, 0, 0, 10, 0, 0, 9, 10, 0, 0, 1);
  let sum = 0;
  for (let i = 0; i < 20; i += 2) sum += (ip[i]! << 8) | ip[i + 1]!;
  sum = ~((sum & 0xffff) + (sum >> 16)) & 0xffff;
  ip[10] = sum >> 8;
  ip[11] = sum & 0xff;
  const datagram = new Uint8Array([...ip, ...udp]);
  const cooked = p.socket(AF_PACKET, SOCK_DGRAM);
  const to: SocketAddress = {
    ...(packetAddress(ETH_P_IP) as object),
    address: new Uint8Array(6),
  } as SocketAddress;
  t.is('cooked', p.sendto(cooked, datagram, 0, to), 30);
  t.is(
    'received',
    drain(p, b.fd).map(({ bytes }) => bytes),
    ['hi'],
  );
  const raw = p.socket(AF_PACKET, SOCK_RAW);
  const frame = new Uint8Array([...new Uint8Array(12), 8, 0, ...datagram]);
  t.is('raw', p.sendto(raw, frame, 0, to), 44);
  t.is(
    'received raw',
    drain(p, b.fd).map(({ bytes }) => bytes),
    ['hi'],
  );
  t.note(
    'a short frame',
    t.try(() => p.sendto(raw, frame.subarray(0, 10), 0, to)),
  );
  t.note(
    'nowhere',
    t.try(() => p.send(raw, frame)),
  );
  t.gives('no such interface', 'ENXIO', () => p.sendto(raw, frame, 0, packetAddress(ETH_P_IP, 99)));
  t.note(
    'too long',
    t.try(() => p.sendto(raw, new Uint8Array(70000), 0, to)),
  );
});

body('packet-filter', (t) => {
  const p = t.process;
  const fd = p.socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK);
  // ldb [9]; jeq 1, accept, drop: ICMP only
  p.attachFilter(fd, [
    { code: 0x30, jt: 0, jf: 0, k: 9 },
    { code: 0x15, jt: 0, jf: 1, k: 1 },
    { code: 0x6, jt: 0, jf: 0, k: 0xffff },
    { code: 0x6, jt: 0, jf: 0, k: 0 },
  ]);
  p.bind(fd, packetAddress(ETH_P_ALL));
  const a = bound(p);
  const b = bound(p);
  p.sendto(a.fd, 'x', 0, ipv4(b.port));
  t.is('UDP is dropped', drain(p, fd).length, 0);
  p.sendto(a.fd, 'x', 0, ipv4(9));
  t.is('ICMP passes', drain(p, fd).length, 2);
  t.gives('a filter that does not end', 'EINVAL', () =>
    p.attachFilter(fd, [{ code: 0x30, jt: 0, jf: 0, k: 9 }]),
  );
  t.gives('an empty filter', 'EINVAL', () => p.attachFilter(fd, []));
  p.detachFilter(fd);
  t.gives('detach twice', 'ENOENT', () => p.detachFilter(fd));
  p.sendto(a.fd, 'x', 0, ipv4(b.port));
  t.is('without it', drain(p, fd).length, 2);
  t.note('packet types', [PACKET_HOST, PACKET_LOOPBACK]);
});

body('ioctl', async (t) => {
  const { client, server } = await tcpPair(t);
  const p = t.process;
  const udp = bound(p).fd;
  const loopback = { ifr_name: 'lo', ifr_ifindex: 0 };
  const get = (request: number, name = 'lo'): number =>
    p.ioctlWith(udp, request, ifreq_int, { ...loopback, ifr_name: name }).ifr_ifindex;
  t.is('index', get(SIOCGIFINDEX), 1);
  t.is('name', p.interfaceName(udp, 1), 'lo');
  t.is(
    'flags',
    get(SIOCGIFFLAGS) & 0xffff & (IFF_UP | IFF_LOOPBACK | IFF_RUNNING),
    IFF_UP | IFF_LOOPBACK | IFF_RUNNING,
  );
  t.is('mtu', get(SIOCGIFMTU), 65536);
  t.gives('no such name', 'ENODEV', () => get(SIOCGIFINDEX, 'none'));
  t.gives('no such index', 'ENODEV', () => p.interfaceName(udp, 99));
  const address = (request: number): unknown => {
    const none = { sa_family: 0, sa_data: new Uint8Array(14) };
    return t.try(() => p.ioctlWith(udp, request, ifreq_addr, { ifr_name: 'lo', ifr_addr: none }));
  };
  t.note('address', address(SIOCGIFADDR));
  t.note('mask', address(SIOCGIFNETMASK));
  t.note('hardware', address(SIOCGIFHWADDR));
  t.is(
    'SIOCGIFCONF',
    p.interfaceAddresses(udp).map(({ ifr_name }) => ifr_name),
    ['lo'],
  );
  p.ioctlInt(udp, FIONBIO, 0);
  t.is('FIONBIO off', p.isNonBlocking(udp), false);
  p.ioctlInt(udp, FIONBIO, 1);
  t.is('FIONBIO on', p.isNonBlocking(udp), true);
  t.note('FIOASYNC', [
    t.try(() => p.ioctlInt(udp, FIOASYNC, 1)),
    t.try(() => p.ioctlInt(p.eventfd(), FIOASYNC, 1)),
  ]);
  p.write(client, 'abc');
  t.is('to read', [p.bytesToRead(server), p.bytesToRead(client)], [3, 0]);
  t.is('unsent', [p.ioctlInt(client, SIOCOUTQ), p.ioctlInt(client, SIOCOUTQNSD)], [0, 0]);
  t.is('mark', p.ioctlInt(server, SIOCATMARK), 0);
  const listener = p.socket(AF_INET, SOCK_STREAM);
  p.listen(listener);
  t.gives('to read of a listener', 'EINVAL', () => p.bytesToRead(listener));
  t.gives('unknown', 'ENOTTY', () => p.ioctl(udp, 0x1234));
  t.gives('unknown of a pipe', 'ENOTTY', () => p.ioctl(p.pipe()[0], 0x1234));
  t.note(
    'mark of UDP',
    t.try(() => p.ioctlInt(udp, SIOCATMARK)),
  );
  t.note(
    'no timestamp yet',
    t.try(() => p.ioctl(udp, SIOCGSTAMP_NEW)),
  );
  t.note('each kind', [
    t.try(() => p.bytesToRead(p.socketpair(AF_UNIX, SOCK_STREAM)[0])),
    t.try(() => p.bytesToRead(p.eventfd())),
    t.try(() => p.bytesToRead(p.epollCreate())),
    t.try(() => p.bytesToRead(p.socket(AF_NETLINK, SOCK_RAW))),
    t.try(() => p.bytesToRead(p.open('.'))),
    t.try(() => p.ioctlInt(p.pipe()[1], SIOCOUTQ)),
  ]);
  const nobody = t.spawn();
  nobody.setUserIds({ real: 1000, effective: 1000, saved: 1000 });
  const theirs = nobody.socket(AF_INET, SOCK_DGRAM);
  t.gives('to change an interface', 'EPERM', () =>
    nobody.ioctlWith(theirs, 0x8914, ifreq_int, { ifr_name: 'lo', ifr_ifindex: 0 }),
  );
});

body('network-namespace', async (t) => {
  const p = t.process;
  const first = p.open('/proc/self/ns/net');
  const listener = p.socket(AF_INET, SOCK_STREAM);
  p.bind(listener, ipv4(4000));
  p.listen(listener);
  const child = p.fork({ newNetwork: true });
  const fd = child.socket(AF_INET, SOCK_STREAM);
  t.gives('nothing is up there', 'ENETUNREACH', () => child.connect(fd, ipv4(4000)));
  t.is(
    'its interface is down',
    child.ioctlWith(fd, SIOCGIFFLAGS, ifreq_int, { ifr_name: 'lo', ifr_ifindex: 0 }).ifr_ifindex &
      IFF_UP,
    0,
  );
  child.setns(first);
  await t.givesLater(
    'its old sockets stay there',
    'ENETUNREACH',
    child.connectAsync(fd, ipv4(4000)),
  );
  const fresh = child.socket(AF_INET, SOCK_STREAM);
  await t.givesLater('new ones are here', 'ok', child.connectAsync(fresh, ipv4(4000)));
  t.gives('setns to a socket', 'EINVAL', () => child.setns(fresh));
  t.gives('setns of the wrong kind', 'EINVAL', () => child.setns(first, 0x20000));
  t.gives('setns to nothing', 'EBADF', () => child.setns(77));
  const cookie = (q: Process): bigint =>
    q.getOption(q.socket(AF_INET, SOCK_DGRAM), socketOptions.namespaceCookie);
  const here = cookie(p);
  t.is('one cookie', cookie(child) === here, true);
  child.unshare(0x40000000);
  t.is('another', cookie(child) === here, false);
  child.exit();
});
