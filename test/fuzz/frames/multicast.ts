// SPDX-License-Identifier: GPL-2.0-only

/** Groups that the host's sockets have joined, and multicast routing between its NICs as a routing daemon sets it up. */
import {
  AF_INET,
  AF_INET6,
  parseIp,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOCK_RAW,
  type PosixHost,
  type Process,
} from '../../../src/posix/index.js';
import { far4, groups4, groups6, peer4, peer6, ports, target4 } from './addresses.js';

const IPPROTO_IP = 0;
const IPPROTO_ICMPV6 = 58;
const IPPROTO_IPV6 = 41;
const IP_ADD_MEMBERSHIP = 35;
const IP_ADD_SOURCE_MEMBERSHIP = 39;
const MCAST_JOIN_GROUP = 42;
const MCAST_JOIN_SOURCE_GROUP = 46;
/** MRT_* of IPv4 and MRT6_* of IPv6 are the same numbers. */
const routing = { init: 200, addInterface: 202, addRoute: 204, pim: 208 } as const;
const igmp = 2;

/** The sockets that have joined, for who reads them. */
export function joinGroups(host: PosixHost, process: Process): number[] {
  const bound = (family: number, address: string): number => {
    const fd = process.socket(family, SOCK_DGRAM | SOCK_NONBLOCK);
    if (family === AF_INET) process.bind(fd, { family: AF_INET, address, port: ports.group4 });
    else process.bind(fd, { family: AF_INET6, address, port: ports.group6 });
    return fd;
  };
  const four = bound(AF_INET, '0.0.0.0');
  const [any, fromOne] = groups4.map((group) => parseIp(group));
  const own = parseIp(target4);
  process.setsockopt(four, IPPROTO_IP, IP_ADD_MEMBERSHIP, Uint8Array.of(...any!, ...own));
  process.setsockopt(
    four,
    IPPROTO_IP,
    IP_ADD_SOURCE_MEMBERSHIP,
    Uint8Array.of(...fromOne!, ...own, ...parseIp(peer4)),
  );
  const six = bound(AF_INET6, '::');
  const index = host.route.links.indexOf('eth0');
  process.setsockopt(six, IPPROTO_IPV6, MCAST_JOIN_GROUP, groupRequest(index, groups6[0]));
  process.setsockopt(
    six,
    IPPROTO_IPV6,
    MCAST_JOIN_SOURCE_GROUP,
    groupRequest(index, groups6[1], peer6),
  );
  return [four, six];
}

/** struct group_req and group_source_req, as ILP32 lays them out. */
function groupRequest(index: number, ...addresses: readonly string[]): Uint8Array {
  const storageBytes = 128;
  const bytes = new Uint8Array(4 + storageBytes * addresses.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, index, true);
  for (const [number, address] of addresses.entries()) {
    const at = 4 + storageBytes * number;
    view.setUint16(at, AF_INET6, true);
    bytes.set(parseIp(address), at + 8);
  }
  return bytes;
}

/** Two interfaces, and the one for what registers bring; most groups are not resolved. */
export function setUpMulticastRouting(host: PosixHost, process: Process): number[] {
  const four = process.socket(AF_INET, SOCK_RAW | SOCK_NONBLOCK, igmp);
  const six = process.socket(AF_INET6, SOCK_RAW | SOCK_NONBLOCK, IPPROTO_ICMPV6);
  const one = Uint8Array.of(1, 0, 0, 0);
  const registers = 4;
  for (const name of ['init', 'pim'] as const) {
    process.setsockopt(four, IPPROTO_IP, routing[name], one);
    process.setsockopt(six, IPPROTO_IPV6, routing[name], one);
  }
  for (const [number, address] of [target4, far4, '0.0.0.0'].entries()) {
    // struct vifctl: number, flags, threshold, a rate, the interface by its address, a tunnel's end.
    const isRegister = number === 2;
    const flags = isRegister ? registers : 0;
    const own = [...parseIp(address)];
    const vif = Uint8Array.of(...[number, 0, flags, 1], ...[0, 0, 0, 0], ...own, ...[0, 0, 0, 0]);
    process.setsockopt(four, IPPROTO_IP, routing.addInterface, vif);
    // struct mif6ctl: number, flags, threshold, the interface's index, a rate.
    const index = isRegister ? 0 : host.route.links.indexOf(`eth${number}`);
    const mif = Uint8Array.of(
      ...[number, 0, isRegister ? 1 : 0, 1],
      ...[index, 0, 0, 0],
      ...[0, 0, 0, 0],
    );
    process.setsockopt(six, IPPROTO_IPV6, routing.addInterface, mif);
  }
  // struct mfcctl: from the peer to the group, in by the first interface, out by the second.
  const route = new Uint8Array(60);
  route.set(parseIp(peer4), 0);
  route.set(parseIp(groups4[0]), 4);
  route.set([0, 1, 0], 10);
  process.setsockopt(four, IPPROTO_IP, routing.addRoute, route);
  return [four, six];
}
