// SPDX-License-Identifier: GPL-2.0-only

/** IPv4 with options and fragments, IPv6 with extension headers. The protocol's number goes in before what it is. */
import type { Dice } from '../posix/random.js';
import { addresses4, addresses6, anyAddress4, anyAddress6, anySegment, home } from './addresses.js';
import { ahHeader } from './ipsec.js';
import { randomBytes } from './link-layer.js';
import type { Packet } from './packet.js';

/** What the packet carries: its protocol, and who writes it. */
export interface Inner {
  readonly protocol: number;
  readonly write: (packet: Packet, dice: Dice) => void;
}

/** Identifications of fragments: few, so that pieces of different packets meet in one queue. */
const identifications = 8;

export function ipv4(packet: Packet, dice: Dice, { protocol, write }: Inner): void {
  const [source, destination] = addresses4(dice);
  const options = dice.oneIn(8) ? optionBytes(dice) : 0;
  packet
    .begin('ipv4')
    .u8(0x45 + options / 4, dice.oneIn(8) ? dice.word() : 0)
    .u16(0);
  if (dice.oneIn(10)) {
    packet.u16(dice.below(identifications), (dice.oneIn(3) ? 0 : 0x2000) | dice.below(6));
  } else packet.u16(dice.word() & 0xffff, dice.oneIn(2) ? 0x4000 : 0);
  packet
    .u8(dice.oneIn(20) ? dice.below(3) : 64, protocol)
    .u16(0)
    .raw(source)
    .raw(destination);
  if (options > 0) ipv4Options(packet, dice, options);
  write(packet, dice);
}

const optionBytes = (dice: Dice): number => 4 * (1 + dice.below(10));

/** Record route, timestamp, router alert, source routes, CIPSO, and what is none. RFC 791. */
function ipv4Options(packet: Packet, dice: Dice, count: number): void {
  const end = packet.length + count;
  while (packet.length < end) {
    const left = end - packet.length;
    const type = dice.oneIn(6)
      ? dice.word() & 0xff
      : dice.pick([0, 1, 1, 7, 68, 131, 137, 148, 134]);
    if (type < 2 || left < 4) {
      packet.u8(type < 2 ? type : 1);
      continue;
    }
    const length = dice.oneIn(8) ? dice.word() & 0xff : Math.min(left, 3 + dice.below(20));
    packet.u8(type, length, dice.oneIn(3) ? dice.word() : 4);
    for (let i = 3; i < Math.min(length, left); i++) packet.u8(anyAddress4(dice)[i & 3]!);
  }
}

export function ipv6(packet: Packet, dice: Dice, inner: Inner): void {
  const [source, destination] = addresses6(dice);
  const chain: ExtensionHeader[] = [];
  while (dice.oneIn(4) && chain.length < 6) chain.push(dice.pick(extensionHeaders));
  const numbers = [...chain.map(({ number }) => number), inner.protocol];
  packet
    .begin('ipv6')
    .u32(0x60000000 | (dice.oneIn(8) ? dice.word() & 0xfffffff : 0))
    .u16(0);
  packet
    .u8(numbers[0]!, dice.oneIn(20) ? dice.below(3) : 64)
    .raw(source)
    .raw(destination);
  for (const [index, header] of chain.entries()) header.write(packet, dice, numbers[index + 1]!);
  inner.write(packet, dice);
}

interface ExtensionHeader {
  readonly number: number;
  readonly write: (packet: Packet, dice: Dice, next: number) => void;
}

/** RFC 8200; segment routing RFC 8754, RPL RFC 6554, type 2 and the home address RFC 6275. */
const extensionHeaders: readonly ExtensionHeader[] = [
  { number: 0, write: optionsHeader },
  { number: 60, write: optionsHeader },
  { number: 43, write: routingHeader },
  {
    number: 44,
    write: (packet, dice, next) => {
      const more = dice.oneIn(3) ? 0 : 1;
      packet
        .u8(next, 0)
        .u16((dice.below(6) << 3) | more)
        .u32(dice.below(identifications));
    },
  },
  { number: 51, write: ahHeader },
];

function optionsHeader(packet: Packet, dice: Dice, next: number): void {
  const units = dice.below(4);
  const end = packet.length + 8 * (units + 1);
  packet.u8(next, dice.oneIn(16) ? dice.word() : units);
  while (packet.length < end) {
    const left = end - packet.length;
    const type = dice.oneIn(6)
      ? dice.word() & 0xff
      : dice.pick([0, 1, 1, 5, 7, 0xc2, 0xc9, 0x31, 0x23]);
    if (type === 0 || left < 2) {
      packet.u8(0);
      continue;
    }
    const length = dice.oneIn(8)
      ? dice.word() & 0xff
      : Math.min(left - 2, dice.pick([0, 2, 4, 8, 16]));
    packet.u8(type, length);
    const address = type === 0xc9 ? home : anyAddress6(dice);
    for (let i = 0; i < length && packet.length < end; i++) packet.u8(address[i & 15]!);
  }
}

/** RFC 8200; of type 4 with what stands behind the segments: a code of authentication, RFC 8754, 2.1. */
function routingHeader(packet: Packet, dice: Dice, next: number): void {
  const addresses = 1 + dice.below(3);
  const type = dice.oneIn(8) ? dice.word() & 0xff : dice.pick([0, 2, 3, 4, 4, 4]);
  const isSegments = type === 4;
  const authentication = isSegments && dice.oneIn(4) ? 5 : 0;
  const units = 2 * addresses + authentication;
  packet.u8(next, dice.oneIn(8) ? dice.word() : units, type, dice.below(addresses + 1));
  packet.u32(
    isSegments
      ? ((addresses - 1) << 24) | (authentication > 0 ? 0x80000 : 0) | dice.below(0x10000)
      : dice.oneIn(4)
        ? dice.word()
        : 0,
  );
  for (let i = 0; i < addresses; i++) packet.raw(isSegments ? anySegment(dice) : anyAddress6(dice));
  if (authentication === 0) return;
  packet
    .u8(5, 38)
    .u16(0)
    .u32(1 + dice.below(2));
  randomBytes(packet, dice, 32);
}
