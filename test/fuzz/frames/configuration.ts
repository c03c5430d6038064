// SPDX-License-Identifier: GPL-2.0-only

/** What the fuzzed host is: a router with listeners of every transport, tunnels, IPsec, labels, NAT. */
import {
  AF_INET,
  AF_INET6,
  AF_PACKET,
  netlink,
  NetlinkSocket,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOCK_RAW,
  SOCK_STREAM,
  type PosixHost,
  type Process,
} from '../../../src/posix/index.js';
import {
  xfrmAlgorithm,
  xfrmAttribute,
  xfrmAttributes,
  XfrmClient,
  xfrmDirections,
  xfrmModes,
} from '../../helpers/xfrm.js';
import {
  behind4,
  behind6,
  far4,
  far6,
  peer4,
  peer6,
  ports,
  target4,
  target6,
} from './addresses.js';
import { setUpGenericTunnels } from './generic-netlink.js';
import { setUpNetfilter } from './netfilter.js';
import { tunnelIds } from './tunnels.js';

export const peerMac = '02:00:00:00:00:22';

export function configure(host: PosixHost): Listeners {
  const process = host.spawn();
  addresses(host);
  settings(host);
  links(host);
  setUpGenericTunnels(process);
  for (const link of ['l2tp0', 'l2tp1']) host.route.links.change(link, { up: true });
  labels(host, process);
  security(process);
  setUpNetfilter(process);
  return listen(host);
}

function addresses({ route }: PosixHost): void {
  for (const [link, v4, v6] of [
    ['eth0', target4, target6],
    ['eth1', far4, far6],
  ] as const) {
    route.links.change(link, { up: true });
    route.addresses.add(link, `${v4}/24`);
    route.addresses.add(link, { address: `${v6}/64`, flags: netlink.constants.IFA_F_NODAD });
  }
  neighbours({ route });
}

/** Frames may unlearn them: they are put back now and then. */
export function neighbours({ route }: Pick<PosixHost, 'route'>): void {
  for (const [link, destination] of [
    ['eth0', peer4],
    ['eth0', peer6],
    ['eth1', behind4],
    ['eth1', behind6],
  ] as const) {
    route.neighbours.replace(link, { address: destination, hardwareAddress: peerMac });
  }
}

function settings(host: PosixHost): void {
  const values = {
    'net.ipv4.ip_forward': 1,
    'net.ipv4.conf.all.accept_source_route': 1,
    'net.ipv4.conf.all.rp_filter': 0,
    'net.ipv4.conf.eth0.rp_filter': 0,
    'net.ipv4.conf.eth0.accept_source_route': 1,
    'net.ipv4.icmp_ratelimit': 0,
    'net.ipv4.tcp_fastopen': 3,
    'net.ipv6.conf.all.forwarding': 1,
    'net.ipv6.conf.eth0.accept_ra': 2,
    'net.ipv6.conf.all.accept_source_route': 1,
    'net.ipv6.conf.eth0.accept_source_route': 1,
    'net.ipv6.conf.all.seg6_enabled': 1,
    'net.ipv6.conf.eth0.seg6_enabled': 1,
    'net.ipv6.conf.all.rpl_seg_enabled': 1,
    'net.ipv6.conf.eth0.rpl_seg_enabled': 1,
    'net.ipv6.conf.eth0.ioam6_enabled': 1,
    'net.ipv6.icmp.ratelimit': 0,
    'net.mpls.platform_labels': 1000,
    'net.mpls.conf.eth0.input': 1,
    'net.netfilter.nf_conntrack_tcp_timeout_established': 600,
    'net.netfilter.nf_conntrack_generic_timeout': 600,
    'net.netfilter.nf_conntrack_sctp_timeout_established': 600,
    'net.netfilter.nf_conntrack_dccp_timeout_open': 600,
    'net.sctp.addip_enable': 1,
    'net.sctp.addip_noauth_enable': 1,
    'net.sctp.auth_enable': 1,
    'net.sctp.reconf_enable': 1,
    'net.sctp.intl_enable': 1,
  };
  for (const [name, value] of Object.entries(values)) host.sysctl(name, value);
}

function links({ route }: PosixHost): void {
  const between = { local: target4, remote: peer4 };
  const between6 = { local: target6, remote: peer6 };
  const base = route.links.indexOf('eth0');
  const made: netlink.NewLink[] = [
    { name: 'vlan7', kind: 'vlan', data: { id: 7 }, link: base },
    { name: 'ipip1', kind: 'ipip', data: between },
    { name: 'sit1', kind: 'sit', data: between },
    { name: 'gre1', kind: 'gre', data: between },
    {
      name: 'gre2',
      kind: 'gre',
      data: {
        ...between,
        ikey: tunnelIds.key,
        okey: tunnelIds.key,
        iflags: 0x2000,
        oflags: 0x2000,
      },
    },
    { name: 'gretap1', kind: 'gretap', data: between },
    { name: 'ip6tnl1', kind: 'ip6tnl', data: between6 },
    { name: 'ip6gre1', kind: 'ip6gre', data: between6 },
    {
      name: 'vxlan7',
      kind: 'vxlan',
      data: { id: tunnelIds.vni, local: target4, port: ports.vxlan, learning: true },
    },
    {
      name: 'geneve7',
      kind: 'geneve',
      data: { id: tunnelIds.vni, remote: peer4, port: ports.geneve },
    },
    { name: 'bareudp0', kind: 'bareudp', data: { port: ports.bareudp, ethertype: 0x8847 } },
    { name: 'wg0', kind: 'wireguard' },
    { name: 'br0', kind: 'bridge' },
    { name: 'macvlan0', kind: 'macvlan', link: base },
    { name: 'vti1', kind: 'vti', data: { local: target4, remote: '10.0.0.3', ikey: 1, okey: 1 } },
  ];
  for (const [index, link] of made.entries()) {
    route.links.add(link);
    route.links.change(link.name, { up: true });
    route.addresses.add(link.name, `10.9.${index}.1/24`);
  }
  const bridge = route.links.indexOf('br0');
  for (const port of ['vxlan7', 'geneve7', 'gretap1']) route.links.change(port, { master: bridge });
}

/** Label 100 is popped, 101 swapped and sent to the peer. */
function labels({ route }: PosixHost, process: Process): void {
  const { binary, policy, u32, NLM_F } = { ...netlink, NLM_F: netlink.constants.NLM_F_CREATE };
  const attributes = policy({
    destination: [1, binary],
    link: [4, u32],
    via: [18, binary],
    newLabels: [19, binary],
  });
  const entry = (label: number): Uint8Array =>
    Uint8Array.of(label >>> 12, label >>> 4, ((label & 15) << 4) | 1, 0);
  const via = Uint8Array.of(AF_INET, 0, ...peer4.split('.').map(Number));
  using socket = NetlinkSocket.open(process);
  for (const [label, newLabels] of [
    [100, undefined],
    [101, entry(102)],
  ] as const) {
    // struct rtmsg: AF_MPLS, a destination of 20 bits, the main table, made by an administrator.
    const header = Uint8Array.of(28, 20, 0, 0, 254, 4, 0, 1, 0, 0, 0, 0);
    const link = route.links.indexOf('eth0');
    const value = { destination: entry(label), link, via, ...(newLabels ? { newLabels } : {}) };
    socket.client.request(
      'add label',
      netlink.constants.RTM_NEWROUTE,
      NLM_F,
      header,
      attributes.encode(value),
    );
  }
}

const protocols = { esp: 50, ah: 51, comp: 108 } as const;

/** Associations without keys, so that hostile packets get through to what is behind. */
function security(process: Process): void {
  using client = new XfrmClient(process);
  const from = { source: peer4, destination: target4 };
  const nullCipher = xfrmAlgorithm(xfrmAttributes.encryption, 'ecb(cipher_null)');
  const nullDigest = xfrmAlgorithm(xfrmAttributes.authentication, 'digest_null');
  const esp = { ...from, protocol: protocols.esp, attributes: [nullCipher, nullDigest] };
  client.addState({ ...esp, spi: tunnelIds.espSpi, mode: xfrmModes.tunnel });
  client.addState({ ...esp, spi: tunnelIds.espSpi + 1, mode: xfrmModes.transport });
  client.addState({
    ...from,
    protocol: protocols.ah,
    spi: tunnelIds.ahSpi,
    mode: xfrmModes.transport,
    attributes: [xfrmAlgorithm(xfrmAttributes.authentication, 'hmac(sha1)', new Uint8Array(20))],
  });
  client.addState({
    ...from,
    protocol: protocols.comp,
    spi: tunnelIds.compSpi,
    mode: xfrmModes.transport,
    attributes: [xfrmAlgorithm(xfrmAttributes.compression, 'deflate')],
  });
  const udp = new Uint8Array(24);
  new DataView(udp.buffer).setUint16(0, 2, true);
  new DataView(udp.buffer).setUint16(2, 40_000, false);
  new DataView(udp.buffer).setUint16(4, ports.esp, false);
  client.addState({
    ...esp,
    spi: tunnelIds.espSpi + 2,
    mode: xfrmModes.tunnel,
    attributes: [...esp.attributes, xfrmAttribute(xfrmAttributes.encapsulation, udp)],
  });
  for (const family of [AF_INET, AF_INET6]) {
    for (const direction of [xfrmDirections.in, xfrmDirections.forward]) {
      client.addPolicy({
        family,
        direction,
        selector: {},
        protocol: protocols.esp,
        mode: xfrmModes.tunnel,
        optional: true,
      });
    }
  }
}

const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
const IPPROTO = { dccp: 33, udp: 17, sctp: 132, l2tp: 115, udpLite: 136, mptcp: 262 } as const;
const UDP_ENCAP = 100;

/** The sockets that take what comes: their owner accepts, reads and throws away. */
export interface Listeners {
  readonly process: Process;
  readonly streams: readonly number[];
  readonly datagrams: readonly number[];
}

function listen(host: PosixHost): Listeners {
  const process = host.spawn();
  const enable = (fd: number, level: number, option: number, value: number): void => {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setUint32(0, value, true);
    process.setsockopt(fd, level, option, bytes);
  };
  const listener = (type: number, protocol: number, port: number): number => {
    const fd = process.socket(AF_INET6, type | SOCK_NONBLOCK, protocol);
    enable(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    process.bind(fd, { family: AF_INET6, address: '::', port });
    process.listen(fd, 16);
    return fd;
  };
  const dccpType = 6;
  const streams = [
    listener(SOCK_STREAM, 0, ports.stream),
    listener(SOCK_STREAM, IPPROTO.mptcp, ports.secure),
    listener(SOCK_STREAM, IPPROTO.sctp, ports.sctp),
    listener(dccpType, IPPROTO.dccp, ports.dccp),
  ];
  const datagrams = [0, IPPROTO.udpLite].map((protocol) => {
    const fd = process.socket(AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK, protocol);
    process.bind(fd, { family: AF_INET6, address: '::', port: ports.datagram });
    return fd;
  });
  const encapsulated = process.socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK);
  process.bind(encapsulated, { family: AF_INET, address: '0.0.0.0', port: ports.esp });
  enable(encapsulated, IPPROTO.udp, UDP_ENCAP, 2);
  const raw = [
    [AF_INET, 1],
    [AF_INET6, 58],
    [AF_INET6, 135],
  ] as const;
  datagrams.push(
    encapsulated,
    ...raw.map(([family, protocol]) => process.socket(family, SOCK_RAW | SOCK_NONBLOCK, protocol)),
  );
  const everything = process.socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, 0x0300);
  datagrams.push(everything);
  return { process, streams, datagrams };
}
