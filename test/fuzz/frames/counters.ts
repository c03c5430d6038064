// SPDX-License-Identifier: GPL-2.0-only

/** What the host counted, by protocol: from /proc/net, and of its interfaces. run.ts adds what /proc does not say. */
import type { PosixHost } from '../../../src/posix/index.js';

export type Counters = ReadonlyMap<string, number>;

export function counters(host: PosixHost): Counters {
  const all = new Map<string, number>();
  for (const file of ['snmp', 'netstat']) {
    const lines = host.readFile(`/proc/net/${file}`).trim().split('\n');
    for (let i = 0; i + 1 < lines.length; i += 2) {
      const [group, ...names] = lines[i]!.split(/\s+/);
      const values = lines[i + 1]!.split(/\s+/).slice(1);
      for (const [index, name] of names.entries())
        all.set(`${group!.slice(0, -1)}.${name}`, Number(values[index]));
    }
  }
  for (const file of ['snmp6', 'sctp/snmp', 'xfrm_stat']) {
    for (const [, name, value] of host
      .readFile(`/proc/net/${file}`)
      .matchAll(/^(\w+)\s+(\d+)$/gm)) {
      all.set(name!, Number(value));
    }
  }
  for (const { name, statistics } of host.route.links.list()) {
    if (statistics) all.set(`link.${name}`, statistics.rx_packets);
  }
  return all;
}

/** One or more of each protocol that the frames speak, of what only a packet that was taken in moves. */
export const expectedToMove: readonly string[] = [
  'Ip.InDelivers',
  'Ip.ForwDatagrams',
  'Ip.ReasmOKs',
  'Ip6InDelivers',
  'Ip6OutForwDatagrams',
  'Ip6ReasmOKs',
  'Icmp.InEchos',
  'Icmp.InDestUnreachs',
  'Icmp.InRedirects',
  'IcmpMsg.InType3',
  'Icmp6InEchos',
  'Icmp6InRouterAdvertisements',
  'Icmp6InNeighborSolicits',
  'Icmp6InGroupMembQueries',
  'Icmp6InMLDv2Reports',
  'IpExt.InMcastPkts',
  'Tcp.PassiveOpens',
  'TcpExt.TCPDelivered',
  'MPTcpExt.MPCapableSYNRX',
  'MPTcpExt.MPCapableACKRX',
  'MPTcpExt.MPJoinAckRx',
  'Tcp.ActiveOpens',
  'SctpActiveEstabs',
  'Udp.InDatagrams',
  'Udp6InDatagrams',
  'UdpLite.InDatagrams',
  'SctpPassiveEstabs',
  'SctpInOrderChunks',
  // DCCP counts nowhere in /proc: it answers.
  'sent.33',
  // Neither does ARP, and labels only by netlink: questions and answers, and what was sent on with a new label.
  'sent.0x0806',
  'sent.0x8847',
  // What came out of ESP, AH and IPComp, by the associations' own count.
  'xfrm.50',
  'xfrm.51',
  'xfrm.108',
  'XfrmInStateProtoError',
  'XfrmInStateModeError',
  'link.vlan7',
  'link.ipip1',
  'link.sit1',
  'link.gre1',
  'link.gre2',
  'link.gretap1',
  'link.ip6tnl1',
  'link.ip6gre1',
  'link.vxlan7',
  'link.geneve7',
  'link.bareudp0',
  'link.l2tp0',
  'link.l2tp1',
  'link.br0',
  'link.wg0',
];

const tunnels = [
  'ipip1',
  'sit1',
  'gre1',
  'gre2',
  'gretap1',
  'ip6tnl1',
  'ip6gre1',
  'vxlan7',
  'geneve7',
  'bareudp0',
  'l2tp0',
  'l2tp1',
  'br0',
  'wg0',
];

/** Packets that passed IP's checks as they came off the wire: what was taken out of others is not among them. */
export function validPackets(all: Counters): number {
  const sum = (names: readonly string[]): number =>
    names.reduce((total, name) => total + (all.get(name) ?? 0), 0);
  const taken = sum([
    'Ip.InDelivers',
    'Ip.ForwDatagrams',
    'Ip.ReasmReqds',
    'Ip6InDelivers',
    'Ip6OutForwDatagrams',
    'Ip6ReasmReqds',
  ]);
  const transformed = ['xfrm.50', 'xfrm.51', 'xfrm.108'];
  const links = tunnels.map((name) => `link.${name}`);
  return taken - sum(['Ip.ReasmOKs', 'Ip6ReasmOKs', ...transformed, ...links]);
}
