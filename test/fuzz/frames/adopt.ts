// SPDX-License-Identifier: GPL-2.0-only

/** Frames that were made elsewhere, taken apart as far as it takes to put their lengths and checksums right. */
import { ports } from './addresses.js';
import type { Packet } from './packet.js';

const ethernetBytes = 14;
const depthMax = 6;
const types = { ipv4: 0x0800, ipv6: 0x86dd, bridged: 0x6558, mpls: 0x8847, mplsMulticast: 0x8848 };
const tags = [0x8100, 0x88a8];

/** Makes `packet` that frame, with the layers that `finish` completes. */
export function adopt(packet: Packet, frame: Uint8Array): Packet {
  packet.reset().raw(frame);
  ethernet({ packet, depth: 0 }, 0);
  return packet;
}

interface Walk {
  readonly packet: Packet;
  readonly depth: number;
}

const half = ({ packet }: Walk, at: number): number =>
  (packet.bytes[at]! << 8) | packet.bytes[at + 1]!;

function ethernet(walk: Walk, at: number): void {
  let typeAt = at + 12;
  while (typeAt + 4 < walk.packet.length && tags.includes(half(walk, typeAt))) typeAt += 4;
  network(walk, typeAt + 2, half(walk, typeAt));
}

function network(walk: Walk, at: number, type: number): void {
  const { packet, depth } = walk;
  if (at + 20 > packet.length || depth > depthMax) return;
  const inner = { packet, depth: depth + 1 };
  switch (type) {
    case types.ipv4: {
      ipv4(inner, at);
      return;
    }
    case types.ipv6: {
      ipv6(inner, at);
      return;
    }
    case types.bridged: {
      ethernet(inner, at);
      return;
    }
    case types.mpls:
    case types.mplsMulticast: {
      let label = at;
      while (label + 4 < packet.length && (packet.bytes[label + 2]! & 1) === 0) label += 4;
      anyIp(inner, label + 4);
      return;
    }
  }
}

/** By its version; neither is left alone. */
function anyIp(walk: Walk, at: number): void {
  const version = walk.packet.bytes[at]! >>> 4;
  if (version === 4) network(walk, at, types.ipv4);
  else if (version === 6) network(walk, at, types.ipv6);
}

function ipv4(walk: Walk, at: number): void {
  const { packet } = walk;
  packet.begin('ipv4', at);
  const isFragment = (half(walk, at + 6) & 0x3fff) !== 0;
  if (!isFragment) transport(walk, at + (packet.bytes[at]! & 15) * 4, packet.bytes[at + 9]!);
}

function ipv6(walk: Walk, at: number): void {
  const { packet } = walk;
  packet.begin('ipv6', at);
  let next = packet.bytes[at + 6]!;
  let header = at + 40;
  const authentication = 51;
  while ([0, 43, 60, authentication].includes(next) && header + 8 <= packet.length) {
    const units = packet.bytes[header + 1]!;
    const bytes = next === authentication ? 4 * (units + 2) : 8 * (units + 1);
    next = packet.bytes[header]!;
    header += bytes;
  }
  transport(walk, header, next);
}

const checked = {
  1: 'icmp',
  2: 'icmp',
  6: 'tcp',
  17: 'udp',
  33: 'dccp',
  58: 'icmpv6',
  132: 'sctp',
  136: 'udplite',
} as const;

function transport(walk: Walk, at: number, protocol: number): void {
  const { packet, depth } = walk;
  if (at + 8 > packet.length || depth > depthMax) return;
  const layer = (checked as Readonly<Record<number, (typeof checked)[keyof typeof checked]>>)[
    protocol
  ];
  if (layer) packet.begin(layer, at);
  if (protocol === 17) datagram(walk, at);
  else if (protocol === 4) network(walk, at, types.ipv4);
  else if (protocol === 41) network(walk, at, types.ipv6);
  else if (protocol === 47) gre(walk, at);
}

function gre(walk: Walk, at: number): void {
  const { packet } = walk;
  packet.begin('gre', at);
  const flags = half(walk, at);
  const optional = [0x8000, 0x2000, 0x1000].filter((flag) => (flags & flag) !== 0).length;
  network(walk, at + 4 + 4 * optional, half(walk, at + 2));
}

/** What the tunnels' ports carry. */
function datagram(walk: Walk, at: number): void {
  const payload = at + 8;
  switch (half(walk, at + 2)) {
    case ports.vxlan: {
      bridged(walk, payload + 8);
      return;
    }
    case ports.geneve: {
      bridged(walk, payload + 8 + (walk.packet.bytes[payload]! & 63) * 4);
      return;
    }
    case ports.fou: {
      anyIp(walk, payload);
      return;
    }
    case ports.gue: {
      anyIp(walk, payload + 4);
      return;
    }
    case ports.l2tp: {
      bridged(walk, payload + 8);
      return;
    }
    case ports.bareudp: {
      network(walk, payload, types.mpls);
      return;
    }
  }
}

function bridged(walk: Walk, at: number): void {
  if (at + ethernetBytes < walk.packet.length)
    ethernet({ packet: walk.packet, depth: walk.depth + 1 }, at);
}
