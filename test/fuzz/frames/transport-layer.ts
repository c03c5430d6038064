// SPDX-License-Identifier: GPL-2.0-only

/** Segments and datagrams that listeners, and connections that the fuzzer has half opened, look at. */
import { weighted, type Dice } from '../posix/random.js';
import { anyAddress4, anyAddress6, ports } from './addresses.js';
import { randomBytes } from './link-layer.js';
import type { Packet } from './packet.js';

/** The peer's ports: few, so that packets meet the connection that earlier ones began. */
const peerPort = (dice: Dice): number => 40_000 + dice.below(16);
const anyPort = (dice: Dice, usual: number): number =>
  dice.oneIn(12) ? dice.word() & 0xffff : usual;

const tcpFlags = weighted<number>([
  [6, 0x02],
  [6, 0x10],
  [4, 0x18],
  [2, 0x11],
  [1, 0x04],
  [1, 0x14],
  [1, 0x12],
  [1, 0xc2],
]);

export function tcp(packet: Packet, dice: Dice): void {
  const optionWords = dice.oneIn(2) ? dice.below(11) : 0;
  const flags = dice.oneIn(10) ? dice.word() & 0xff : dice.pick(tcpFlags);
  packet
    .begin('tcp')
    .u16(peerPort(dice), anyPort(dice, dice.oneIn(3) ? ports.secure : ports.stream));
  packet.u32(dice.oneIn(3) ? 1000 + dice.below(5000) : 1000, dice.oneIn(3) ? dice.word() : 0);
  const words = dice.oneIn(30) ? dice.below(16) : 5 + optionWords;
  packet
    .u8(words << 4, flags)
    .u16(dice.oneIn(4) ? dice.below(4) : 65_535)
    .u16(0, dice.oneIn(9) ? 3 : 0);
  tcpOptions(packet, dice, optionWords * 4);
  if (!dice.oneIn(3)) randomBytes(packet, dice, dice.below(200));
}

/** MSS, window scale, SACK, timestamps, MD5, AO, MPTCP, Fast Open. */
function tcpOptions(packet: Packet, dice: Dice, count: number): void {
  const end = packet.length + count;
  while (packet.length < end) {
    const left = end - packet.length;
    const kind = dice.oneIn(10)
      ? dice.word() & 0xff
      : dice.pick([0, 1, 1, 2, 3, 4, 5, 8, 19, 29, 30, 30, 30, 34, 254]);
    if (kind < 2 || left < 2) {
      packet.u8(kind < 2 ? kind : 1);
      continue;
    }
    const usual = { 2: 4, 3: 3, 4: 2, 5: 10 + 8 * dice.below(3), 8: 10, 19: 18, 29: 20, 34: 10 }[
      kind
    ];
    const length = dice.oneIn(12)
      ? dice.word() & 0xff
      : (usual ?? dice.pick([4, 12, 20, 22, 24, 8, 16]));
    packet.u8(kind, length);
    // MPTCP: the subtype first, RFC 8684; MP_CAPABLE of version 1 with HMAC-SHA256 most often.
    const first =
      kind === 30 ? (dice.oneIn(2) ? 1 : (dice.below(10) << 4) | dice.below(2)) : dice.word();
    const second = kind === 30 ? 1 : dice.word();
    for (let i = 2; i < Math.min(length, left); i++)
      packet.u8(i === 2 ? first : i === 3 ? second : dice.word());
  }
}

/** UDP with what its port expects in it. */
export function udp(packet: Packet, dice: Dice, payload: DatagramPayload): void {
  packet
    .begin('udp')
    .u16(anyPort(dice, payload.sourcePort ?? peerPort(dice)), anyPort(dice, payload.port))
    .u16(0, 0);
  payload.write(packet, dice);
}

export interface DatagramPayload {
  readonly port: number;
  /** One that the host knows; any otherwise. */
  readonly sourcePort?: number;
  readonly write: (packet: Packet, dice: Dice) => void;
}

const plainPorts = [ports.datagram, ports.datagram, ports.group4, ports.group6] as const;

/** Datagrams with nothing in them that anybody knows, by port. */
export const plainDatagrams: readonly DatagramPayload[] = plainPorts.map((port) => ({
  port,
  write: (packet, dice) => randomBytes(packet, dice, dice.below(300)),
}));

export function udpLite(packet: Packet, dice: Dice): void {
  packet.begin('udplite').u16(peerPort(dice), anyPort(dice, ports.datagram));
  packet.u16(dice.oneIn(4) ? dice.below(40) : 0, 0);
  randomBytes(packet, dice, dice.below(100));
}

const sctpPorts = [ports.sctp, ports.sctp, ports.sctpStrict, ports.sctpInterleaved] as const;

const chunkTypes = [
  0, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 14, 15, 64, 128, 130, 192, 193, 194,
] as const;

/** RFC 9260, with AUTH, ASCONF, FORWARD TSN, RE-CONFIG and I-DATA. */
export function sctp(packet: Packet, dice: Dice): void {
  const tag = dice.oneIn(2) ? 0 : 1 + dice.below(3);
  packet
    .begin('sctp')
    .u16(peerPort(dice), anyPort(dice, dice.pick(sctpPorts)))
    .u32(tag, 0);
  const chunks = 1 + dice.below(3);
  for (let i = 0; i < chunks; i++) {
    const type = dice.oneIn(12) ? dice.word() & 0xff : dice.pick(chunkTypes);
    const parameters = dice.oneIn(2) ? dice.below(4) : 0;
    const fixed = type <= 2 ? 16 : dice.pick([0, 4, 8, 12]);
    const at = packet.length;
    packet.u8(type, dice.oneIn(4) ? dice.word() : 3).u16(0);
    if (type === 1 || type === 2)
      packet
        .u32(1 + dice.below(3), 65_536)
        .u16(10, 10)
        .u32(1000);
    else randomBytes(packet, dice, fixed);
    for (let j = 0; j < parameters; j++) sctpParameter(packet, dice);
    const length = dice.oneIn(16) ? dice.word() & 0xffff : packet.length - at;
    if (at + 4 <= packet.length) packet.bytes.set([length >>> 8, length], at + 2);
    packet.zeros(-packet.length & 3);
  }
}

function sctpParameter(packet: Packet, dice: Dice): void {
  const type = dice.pick([
    5, 6, 7, 9, 12, 13, 0x8000, 0x8002, 0x8003, 0x8004, 0x8008, 0xc000, 0xc001, 0xc004,
  ]);
  const body = type === 5 ? anyAddress4(dice) : type === 6 ? anyAddress6(dice) : undefined;
  const size = body?.length ?? dice.below(24);
  packet.u16(type, dice.oneIn(12) ? dice.word() & 0xffff : size + 4);
  if (body) packet.raw(body);
  else randomBytes(packet, dice, size);
  packet.zeros(-packet.length & 3);
}

/** RFC 4340: requests with options, and the rest of its packet types. */
export function dccp(packet: Packet, dice: Dice): void {
  const type = dice.oneIn(2) ? 0 : dice.below(16);
  const optionWords = dice.below(6);
  const acknowledges = type === 0 || type === 2 ? 0 : 2;
  const words = 4 + (type === 0 || type === 1 ? 1 : 0) + acknowledges + (type === 7 ? 1 : 0);
  packet.begin('dccp').u16(peerPort(dice), anyPort(dice, ports.dccp));
  packet.u8(dice.oneIn(16) ? dice.word() : words + optionWords, 0).u16(0);
  packet
    .u8((type << 1) | 1, 0)
    .u16(0)
    .u32(1000 + dice.below(100));
  for (let i = 4; i < words; i++) packet.u32(type === 0 ? 0 : dice.word());
  for (let i = 0; i < optionWords; i++) {
    packet.u8(
      dice.pick([0, 1, 2, 32, 33, 34, 35, 36, 38, 39, 40, 41, 42, 43, 44]),
      dice.below(8),
      dice.below(12),
      dice.word(),
    );
  }
  randomBytes(packet, dice, dice.below(40));
}
