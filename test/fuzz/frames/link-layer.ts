// SPDX-License-Identifier: GPL-2.0-only

/** The outside of frames: Ethernet with tags, MPLS labels, bridges' and sessions' own protocols, ARP. */
import type { Dice } from '../posix/random.js';
import { anyAddress4 } from './addresses.js';
import type { Packet } from './packet.js';

const macs = [
  [0x02, 0, 0, 0, 0, 1],
  [0x02, 0, 0, 0, 0, 0x22],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
  [0x01, 0x80, 0xc2, 0, 0, 0],
  [0x01, 0, 0x5e, 0, 0, 1],
  [0x33, 0x33, 0, 0, 0, 1],
] as const;

/** Addresses and type, now and then with VLAN tags; the host's own address most of the time. */
export function ethernet(packet: Packet, dice: Dice, type: number): void {
  const own = dice.oneIn(10) ? dice.pick(macs) : macs[0];
  packet.u8(...own).u8(...macs[1]);
  if (dice.oneIn(24)) packet.u16(0x88a8, dice.oneIn(2) ? 7 : dice.word() & 0xffff);
  if (dice.oneIn(12)) packet.u16(0x8100, dice.oneIn(2) ? 7 : dice.word() & 0xffff);
  packet.u16(type);
}

/** A stack of labels, the last one marked: 100 is popped, 101 forwarded, others unknown. */
export function mplsLabels(packet: Packet, dice: Dice): void {
  const depth = 1 + dice.below(3);
  for (let i = 0; i < depth; i++) {
    const label = dice.oneIn(6) ? dice.below(20) : 100 + dice.below(3);
    const bottom = i === depth - 1 ? 0x100 : 0;
    packet.u32((label << 12) | bottom | (dice.oneIn(8) ? 1 : 64));
  }
}

export function arp(packet: Packet, dice: Dice): void {
  ethernet(packet, dice, 0x0806);
  const operation = dice.oneIn(8) ? dice.below(12) : 1 + dice.below(2);
  packet.u16(1, 0x0800).u8(6, 4).u16(operation);
  packet.u8(...dice.pick(macs)).raw(anyAddress4(dice));
  packet.u8(...dice.pick(macs)).raw(anyAddress4(dice));
  if (dice.oneIn(4)) packet.zeros(dice.below(30));
}

/** LLC with a spanning tree message, as bridges send it. */
export function spanningTree(packet: Packet, dice: Dice): void {
  const message = 35;
  packet
    .u8(...macs[3])
    .u8(...macs[1])
    .u16(message + 3)
    .u8(0x42, 0x42, 3);
  packet.u16(0).u8(dice.below(3), dice.pick([0, 0x80, 2]), dice.word());
  packet
    .u16(0x8000)
    .u8(...macs[1])
    .u32(dice.word())
    .u16(0x8000)
    .u8(...macs[1])
    .u16(0x8001);
  packet.u16(dice.below(0x1400), 0x1400, 0x200, 0xf00);
}

const others = [
  0x8863, 0x8864, 0x88ca, 0x8035, 0x22f0, 0x88cc, 0x8137, 0x4305, 0x88e5, 0x88f8, 0x892f, 4,
] as const;

/** Types that hardly anybody listens to: sessions, TIPC, MACsec, redundancy protocols, 802.2. */
export function otherType(packet: Packet, dice: Dice): void {
  const type = dice.oneIn(8) ? dice.word() & 0xffff : dice.pick(others);
  ethernet(packet, dice, type);
  randomBytes(packet, dice, 4 + dice.below(120));
}

export function randomBytes(packet: Packet, dice: Dice, count: number): void {
  for (let left = count; left > 0; left -= 4) {
    const word = dice.word();
    if (left >= 4) packet.u32(word);
    else for (let i = 0; i < left; i++) packet.u8(word >>> (8 * i));
  }
}
