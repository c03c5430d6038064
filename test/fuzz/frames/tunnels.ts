// SPDX-License-Identifier: GPL-2.0-only

/** What carries other packets: headers as the host's tunnels and security associations expect them, then a packet. */
import type { Dice } from '../posix/random.js';
import { ports } from './addresses.js';
import { espBody } from './ipsec.js';
import { ethernet, mplsLabels, randomBytes } from './link-layer.js';
import type { Inner } from './network-layer.js';
import type { Packet } from './packet.js';
import type { DatagramPayload } from './transport-layer.js';

/** Writes a packet of some kind into another one; generate.ts knows all kinds, and how deep they may go. */
export interface Nested {
  ipv4: (packet: Packet, dice: Dice) => void;
  ipv6: (packet: Packet, dice: Dice) => void;
  frame: (packet: Packet, dice: Dice) => void;
  /** What the IP header that the packet is in carries; says which protocol that is. */
  transport: (packet: Packet, dice: Dice) => number;
}

/** As configuration.ts sets them up. */
export const tunnelIds = {
  key: 42,
  vni: 7,
  l2tpTunnel: 11,
  l2tpSession: 21,
} as const;

/** GRE over IP: plain, with key, sequence and checksum, bridged, ERSPAN, and PPTP's. RFC 2784, 2890. */
export function gre(nested: Nested): Inner {
  return {
    protocol: 47,
    write: (packet, dice) => {
      const flags = dice.oneIn(8)
        ? dice.word() & 0xffff
        : dice.pick([0, 0x2000, 0x2000, 0x3000, 0xa000, 0x1000, 0x3001]);
      const type = dice.oneIn(10)
        ? dice.word() & 0xffff
        : dice.pick([0x0800, 0x0800, 0x86dd, 0x6558, 0x88be, 0x22eb, 0x880b, 0x8847]);
      packet.begin('gre').u16(flags, type);
      if ((flags & 0xc000) !== 0) packet.u16(0, 0);
      if ((flags & 0x2000) !== 0) packet.u32(dice.oneIn(6) ? dice.word() : tunnelIds.key);
      if ((flags & 0x1000) !== 0) packet.u32(dice.below(100));
      if (type === 0x88be || type === 0x22eb) packet.u32((1 << 28) | tunnelIds.key, dice.word());
      if (type === 0x0800) nested.ipv4(packet, dice);
      else if (type === 0x86dd) nested.ipv6(packet, dice);
      else nested.frame(packet, dice);
    },
  };
}

/** L2TPv3 over IP: control messages of session 0, and data. RFC 3931. */
export const l2tpOverIp: Inner = {
  protocol: 115,
  write: (packet, dice) => {
    packet.u32(dice.oneIn(3) ? 0 : tunnelIds.l2tpSession + 1);
    randomBytes(packet, dice, dice.below(80));
  },
};

/** Datagrams by the port that takes them for something else. */
export function datagramTunnels(nested: Nested): readonly DatagramPayload[] {
  return [
    {
      port: ports.vxlan,
      write: (packet, dice) => {
        packet.u32(dice.oneIn(8) ? dice.word() : 0x08000000);
        packet.u32((dice.oneIn(8) ? dice.below(1 << 24) : tunnelIds.vni) << 8);
        nested.frame(packet, dice);
      },
    },
    {
      port: ports.geneve,
      write: (packet, dice) => {
        const words = dice.oneIn(3) ? dice.below(6) : 0;
        packet
          .u8(dice.oneIn(12) ? dice.word() : words, 0)
          .u16(dice.oneIn(8) ? dice.word() & 0xffff : 0x6558);
        packet.u32((dice.oneIn(8) ? dice.below(1 << 24) : tunnelIds.vni) << 8);
        randomBytes(packet, dice, words * 4);
        nested.frame(packet, dice);
      },
    },
    { port: ports.fou, write: (packet, dice) => nested.ipv4(packet, dice) },
    {
      port: ports.gue,
      write: (packet, dice) => {
        packet
          .u8(dice.oneIn(8) ? dice.word() : 0, dice.pick([4, 4, 41, 47]))
          .u16(dice.oneIn(8) ? dice.word() & 0xffff : 0);
        nested.ipv4(packet, dice);
      },
    },
    {
      port: ports.esp,
      write: (packet, dice) => {
        if (dice.oneIn(8)) packet.u8(0xff);
        else espBody(packet, dice, nested);
      },
    },
    {
      port: ports.wireguard,
      write: (packet, dice) => {
        const type = dice.oneIn(10) ? dice.word() & 0xff : 1 + dice.below(4);
        packet.u8(type, 0, 0, 0);
        randomBytes(
          packet,
          dice,
          dice.oneIn(4) ? dice.below(200) : ([144, 88, 60, 44][type - 1] ?? 12),
        );
      },
    },
    {
      port: ports.l2tp,
      sourcePort: ports.l2tp,
      write: (packet, dice) => {
        if (dice.oneIn(3))
          packet.u16(0xc802 | (dice.oneIn(4) ? dice.word() & 0xfff : 0), 12 + dice.below(40));
        packet.u32(0x00030000, dice.oneIn(4) ? dice.word() : tunnelIds.l2tpSession);
        nested.frame(packet, dice);
      },
    },
    {
      port: ports.bareudp,
      write: (packet, dice) => {
        mplsLabels(packet, dice);
        nested.ipv4(packet, dice);
      },
    },
  ];
}

/** Labels straight on Ethernet. */
export function mpls(nested: Nested) {
  return (packet: Packet, dice: Dice): void => {
    ethernet(packet, dice, dice.oneIn(6) ? 0x8848 : 0x8847);
    mplsLabels(packet, dice);
    if (dice.oneIn(2)) nested.ipv4(packet, dice);
    else nested.ipv6(packet, dice);
  };
}
