// SPDX-License-Identifier: GPL-2.0-only

/** ICMP with the packets that it quotes, neighbour discovery, multicast membership. */
import type { Dice } from '../posix/random.js';
import { anyAddress4, anyAddress6, linkLocal, ports } from './addresses.js';
import { randomBytes } from './link-layer.js';
import type { Packet } from './packet.js';

/** The start of a packet that the host may have sent, as an error quotes it. */
function quoted(packet: Packet, dice: Dice, version: 4 | 6): void {
  const protocol = dice.pick([6, 17, 132, 33, 47, 50, 41, 4, 1, 58, 136, 115]);
  if (version === 4) {
    packet
      .u8(0x45, 0)
      .u16(60, dice.word() & 0xffff, 0x4000)
      .u8(64, protocol)
      .u16(0);
    packet.u8(10, 0, 0, 1).u8(10, 0, 0, 2);
  } else {
    packet.u32(0x60000000).u16(40).u8(protocol, 64).raw(anyAddress6(dice)).raw(anyAddress6(dice));
  }
  packet.u16(
    dice.pick([ports.stream, ports.datagram, ports.sctp, ports.vxlan]),
    40_000 + dice.below(16),
  );
  randomBytes(packet, dice, dice.below(40));
}

/** Of ICMP and ICMPv6. */
const extendedEcho = [42, 160];

/** Which interface an extended echo asks for: by name, number or address. RFC 8335. */
function probe(packet: Packet, dice: Dice): void {
  const kind = dice.oneIn(8) ? dice.word() & 0xff : 1 + dice.below(3);
  packet.bytes[packet.length - 1]! |= 1;
  packet.u8(0x20, 0).u16(0);
  const at = packet.length;
  packet.u16(0).u8(3, kind);
  if (kind === 1) packet.u8(0x65, 0x74, 0x68, 0x30 + dice.below(4)).zeros(4 * dice.below(2));
  else if (kind === 2) packet.u32(dice.below(30));
  else if (dice.oneIn(2)) packet.u16(1).u8(4, 0).raw(anyAddress4(dice));
  else packet.u16(2).u8(16, 0).raw(anyAddress6(dice));
  packet.bytes[at + 1] = dice.oneIn(12) ? dice.word() : packet.length - at;
}

export function icmp(packet: Packet, dice: Dice): void {
  const type = dice.oneIn(8)
    ? dice.below(48)
    : dice.pick([0, 3, 3, 3, 5, 8, 8, 11, 12, 13, 42, 42]);
  packet.begin('icmp').u8(type, dice.below(16)).u16(0);
  packet.u32(
    type === 3 ? dice.pick([0, 68, 576, 1400, 0xffff]) : type === 5 ? 0x0a000003 : dice.word(),
  );
  if ([3, 4, 5, 11, 12].includes(type)) quoted(packet, dice, 4);
  else if (type === extendedEcho[0]) probe(packet, dice);
  else randomBytes(packet, dice, dice.below(100));
}

export function icmpv6(packet: Packet, dice: Dice): void {
  const type = dice.oneIn(8)
    ? dice.word() & 0xff
    : dice.pick([
        1, 2, 3, 4, 128, 128, 129, 130, 131, 133, 134, 134, 135, 135, 136, 136, 137, 143, 160,
      ]);
  if (type >= 133 && type <= 137 && !dice.oneIn(12)) asNeighbour(packet, dice, type);
  packet
    .begin('icmpv6')
    .u8(type, dice.oneIn(4) ? dice.below(8) : 0)
    .u16(0);
  packet.u32(
    type === 2
      ? dice.pick([0, 68, 1280, 1400])
      : type === 134
        ? 0x40000708
        : dice.oneIn(3)
          ? dice.word()
          : 0,
  );
  if (type < 5) quoted(packet, dice, 6);
  else if (type === 134) packet.u32(dice.word() & 0xffff, dice.word() & 0xffff);
  else if (type === extendedEcho[1]) {
    probe(packet, dice);
    return;
  } else if (type === 143) membershipRecords(packet, dice, 6);
  else if (type > 129) packet.raw(anyAddress6(dice));
  if (type === 137) packet.raw(anyAddress6(dice));
  if (type >= 133 && type <= 137) neighbourOptions(packet, dice);
  else randomBytes(packet, dice, dice.below(40));
}

/** Nobody believes a neighbour that may be further away; a router is known by its link-local address. */
function asNeighbour(packet: Packet, dice: Dice, type: number): void {
  const header = packet.innermostHeader?.bytes;
  if (header?.length !== 40) return;
  header[7] = 255;
  if (type === 134 || type === 137 || dice.oneIn(4)) header.set(linkLocal, 8);
}

/** Multicast listeners: behind a router alert, from a link-local address. RFC 2711, 3810. */
export function multicastListener(packet: Packet, dice: Dice): void {
  const header = packet.innermostHeader?.bytes;
  if (header?.length !== 40) return;
  header[7] = 1;
  header.set(linkLocal, 8);
  if (!dice.oneIn(4)) header.set(anyAddress6(dice), 24);
  packet.u8(58, 0, 5, 2, 0, 0, 1, 0);
  const type = dice.pick([130, 130, 131, 132, 143]);
  packet.begin('icmpv6').u8(type, 0).u16(0);
  packet.u32(type === 130 ? dice.below(1000) << 16 : 0);
  if (type === 143) {
    membershipRecords(packet, dice, 6);
    return;
  }
  packet.raw(anyAddress6(dice));
  if (type !== 130 || dice.oneIn(3)) return;
  // Version 2: which sources it asks for.
  const sources = dice.below(4);
  packet.u8(2, 125).u16(sources);
  for (let i = 0; i < sources; i++) packet.raw(anyAddress6(dice));
}

/** RFC 4861, with route information, DNS servers, nonces. */
function neighbourOptions(packet: Packet, dice: Dice): void {
  const count = dice.below(4);
  for (let i = 0; i < count; i++) {
    const type = dice.oneIn(8)
      ? dice.word() & 0xff
      : dice.pick([1, 2, 3, 4, 5, 14, 24, 25, 31, 38]);
    const units = type === 3 ? 4 : 1 + dice.below(3);
    packet.u8(type, dice.oneIn(12) ? dice.word() : units);
    if (type === 3) {
      packet.u8(dice.oneIn(6) ? dice.word() : 64, 0xc0).u32(7200, dice.below(7200), 0);
      packet.raw(anyAddress6(dice));
    } else randomBytes(packet, dice, 8 * units - 2);
  }
}

/** IGMPv3 and MLDv2 reports: groups with their sources. */
function membershipRecords(packet: Packet, dice: Dice, version: 4 | 6): void {
  const address = version === 4 ? anyAddress4 : anyAddress6;
  const records = dice.below(4);
  if (records > 0) packet.bytes[packet.length - 1] = records;
  for (let i = 0; i < records; i++) {
    const sources = dice.below(3);
    packet
      .u8(1 + dice.below(6), 0)
      .u16(sources)
      .raw(address(dice));
    for (let j = 0; j < sources; j++) packet.raw(address(dice));
  }
}

export function igmp(packet: Packet, dice: Dice): void {
  const type = dice.oneIn(8)
    ? dice.word() & 0xff
    : dice.pick([0x11, 0x11, 0x12, 0x16, 0x17, 0x22, 0x13]);
  packet.begin('icmp').u8(type, dice.word()).u16(0);
  if (type === 0x22) {
    packet.u32(0);
    membershipRecords(packet, dice, 4);
  } else packet.raw(anyAddress4(dice));
  if (type === 0x11 && dice.oneIn(2)) packet.u8(2, 125).u16(1).raw(anyAddress4(dice));
}

/** PIM: registers with the packet that they carry, and the rest of its types. RFC 7761. */
export function pim(nestedIp: (packet: Packet, dice: Dice) => void) {
  return (packet: Packet, dice: Dice): void => {
    const type = dice.oneIn(3) ? dice.below(16) : 1;
    packet
      .begin('icmp')
      .u8(0x20 | type, 0)
      .u16(0);
    if (type !== 1) {
      randomBytes(packet, dice, dice.below(60));
      return;
    }
    packet.u32(dice.oneIn(4) ? 0x40000000 : 0);
    // The checksum covers no more than these eight bytes.
    const mark = packet.mark();
    packet.close(mark - 1);
    nestedIp(packet, dice);
  };
}
