// SPDX-License-Identifier: GPL-2.0-only

/** ESP, AH and IPComp for associations without a cipher or a key, so that what is inside is read too. */
import { deflateRawSync } from 'node:zlib';
import type { Dice } from '../posix/random.js';
import { randomBytes } from './link-layer.js';
import type { Inner } from './network-layer.js';
import { Packet } from './packet.js';
import type { Nested } from './tunnels.js';

/** As security.ts sets them up. */
export const securityIndexes = {
  esp: { tunnel: 0x100, transport: 0x101, datagram: 0x102, bound: 0x103 },
  ah: { transport: 0x200, tunnel: 0x201, keyed: 0x202 },
  comp: { transport: 0x300, tunnel: 0x301 },
} as const;

const indexesOf = (protocol: keyof typeof securityIndexes): number[] =>
  Object.values(securityIndexes[protocol]);
const espIndexes = indexesOf('esp');
const ahIndexes = indexesOf('ah');
const compIndexes = indexesOf('comp');
/** A window of more is not what Linux decompresses with. */
const windowBits = 11;
/** AH without a digest: its header is padded to 16 bytes. */
const ahWords = 2;

/** A sequence number: mostly near the last ones, so that windows against replays move. */
const sequence = (dice: Dice): number => (dice.oneIn(3) ? dice.word() : 1 + dice.below(4096));

/** RFC 4303, 2410. */
export function esp(nested: Nested): Inner {
  return { protocol: 50, write: (packet, dice) => espBody(packet, dice, nested) };
}

export function espBody(packet: Packet, dice: Dice, nested: Nested): void {
  packet.u32(dice.oneIn(8) ? dice.word() : dice.pick(espIndexes), sequence(dice));
  const at = packet.length;
  const mark = packet.mark();
  const protocol = inside(packet, dice, nested);
  packet.close(mark);
  const padding = -(packet.length - at + 2) & 3;
  for (let i = 1; i <= padding; i++) packet.u8(i);
  packet.u8(dice.oneIn(16) ? dice.word() : padding, dice.oneIn(10) ? dice.word() : protocol);
}

/** RFC 4302. */
export function ah(nested: Nested): Inner {
  return {
    protocol: 51,
    write: (packet, dice) => {
      const at = packet.length;
      ahHeader(packet, dice, 0);
      packet.bytes[at] = inside(packet, dice, nested);
    },
  };
}

/** The header alone, `next` being what comes behind it. */
export function ahHeader(packet: Packet, dice: Dice, next: number): void {
  const index = dice.oneIn(8) ? dice.word() : dice.pick(ahIndexes);
  const digestWords = index === securityIndexes.ah.keyed ? 3 : ahWords - 1;
  packet.u8(next, dice.oneIn(12) ? dice.word() : 1 + digestWords).u16(0);
  packet.u32(index, sequence(dice));
  if (index === securityIndexes.ah.keyed) randomBytes(packet, dice, 4 * digestWords);
  else packet.zeros(4 * digestWords);
}

/** RFC 3173: mostly a stream that decompresses, to more than it was; what is in it may be hostile. */
export function ipComp(nested: Nested): Inner {
  return {
    protocol: 108,
    write: (packet, dice) => {
      const outer = packet.innermostHeader;
      if (!outer) return;
      const plain = new Packet().begin(outer.version === 4 ? 'ipv4' : 'ipv6').raw(outer.bytes);
      const protocol = inside(plain, dice, nested);
      plain.zeros(dice.below(400) + 60);
      plain.finish();
      const from = outer.bytes.length;
      if (dice.oneIn(3)) plain.bytes[from + dice.below(plain.length - from)] = dice.word();
      packet.u8(dice.oneIn(10) ? dice.word() : protocol, 0);
      packet.u16(dice.oneIn(8) ? dice.word() & 0xffff : dice.pick(compIndexes));
      packet.raw(deflateRawSync(plain.bytes.subarray(from, plain.length), { windowBits }));
    },
  };
}

/** A packet as a tunnel carries it, or what the header outside would carry itself; says which. */
function inside(packet: Packet, dice: Dice, nested: Nested): number {
  if (dice.oneIn(12)) {
    randomBytes(packet, dice, dice.below(80));
    return dice.pick([4, 6, 17, 41, 59]);
  }
  if (dice.oneIn(3)) {
    const is4 = dice.oneIn(2);
    (is4 ? nested.ipv4 : nested.ipv6)(packet, dice);
    return is4 ? 4 : 41;
  }
  return nested.transport(packet, dice);
}
