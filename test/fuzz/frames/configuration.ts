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
  type PosixHost,
  type Process,
} from '../../../src/posix/index.js';
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
  toPartner4,
  toPartner6,
} from './addresses.js';
import { setUpGenericTunnels } from './generic-netlink.js';
import { Listeners } from './listeners.js';
import { joinGroups, setUpMulticastRouting } from './multicast.js';
import { setUpNetfilter } from './netfilter.js';
import { setUpPaths, wireguardTarget } from './partner.js';
import { sctpSettings } from './sctp-options.js';
import { setUpPartnerSecurity, setUpSecurity } from './security.js';
import { setUpSegments } from './segments.js';
import { tunnelIds } from './tunnels.js';
import { setUpWireguard } from './wireguard.js';

export const peerMac = '02:00:00:00:00:22';

export function configure(host: PosixHost): Listeners {
  const process = host.spawn();
  addresses(host);
  settings(host);
  links(host);
  setUpGenericTunnels(process);
  for (const link of ['l2tp0', 'l2tp1']) host.route.links.change(link, { up: true });
  setUpWireguard(process, 'target');
  labels(host, process);
  setUpSecurity(process);
  setUpNetfilter(process);
  setUpPartnerSecurity(process, 'target');
  setUpPaths(process, { address: far4, signal: true });
  setUpSegments(host);
  return listen(host);
}

function addresses({ route }: PosixHost): void {
  for (const [link, v4, v6] of [
    ['eth0', target4, target6],
    ['eth1', far4, far6],
    ['eth2', toPartner4, toPartner6],
  ] as const) {
    route.links.change(link, { up: true });
    route.addresses.add(link, `${v4}/24`);
    route.addresses.add(link, { address: `${v6}/64`, flags: netlink.constants.IFA_F_NODAD });
  }
  neighbours(route);
}

/** Puts back what frames have changed for good. */
export function repair(host: PosixHost): void {
  const { route } = host;
  neighbours(route);
  // A router says how often a neighbour is asked for: every few weeks, and who is not there keeps for as long what is to be
  // sent to it. Without this, packets in waiting take all of conntrack's entries within two million frames.
  host.sysctl('net.ipv6.neigh.eth0.retrans_time_ms', 1000);
  host.sysctl('net.ipv6.neigh.eth0.base_reachable_time_ms', 30_000);
  for (const { index, address, state } of route.neighbours.list({ family: AF_INET6 })) {
    if (address !== undefined && state === netlink.constants.NUD_INCOMPLETE)
      route.neighbours.remove(index, { address });
  }
}

function neighbours(route: PosixHost['route']): void {
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
    'net.ipv4.icmp_echo_enable_probe': 1,
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
    'net.netfilter.nf_conntrack_tcp_timeout_established': 60,
    'net.netfilter.nf_conntrack_generic_timeout': 60,
    'net.netfilter.nf_conntrack_sctp_timeout_established': 60,
    'net.netfilter.nf_conntrack_dccp_timeout_open': 60,
  };
  for (const [name, value] of Object.entries(values)) host.sysctl(name, value);
  sctpSettings(host.sysctl.bind(host));
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
  route.addresses.add('wg0', wireguardTarget);
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

const IPPROTO_UDP = 17;
const UDP_ENCAP = 100;
const everyProtocol = 0x0300;

/** The sockets that take what comes, and the process that owns them. */
function listen(host: PosixHost): Listeners {
  const process = host.spawn();
  const listeners = new Listeners(process);
  const encapsulated = process.socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK);
  process.bind(encapsulated, { family: AF_INET, address: '0.0.0.0', port: ports.esp });
  process.setsockopt(encapsulated, IPPROTO_UDP, UDP_ENCAP, Uint8Array.of(2, 0, 0, 0));
  const raw = (
    [
      [AF_INET, 1],
      [AF_INET6, 58],
      [AF_INET6, 135],
    ] as const
  ).map(([family, protocol]) => process.socket(family, SOCK_RAW | SOCK_NONBLOCK, protocol));
  const everything = process.socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, everyProtocol);
  listeners.add(encapsulated, ...raw, everything);
  listeners.add(...joinGroups(host, process), ...setUpMulticastRouting(host, process));
  return listeners;
}
