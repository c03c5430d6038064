// SPDX-License-Identifier: GPL-2.0-only

/** Socket addresses as bytes: few ports and places, so that sockets of a run meet each other. */
import {
  AF_INET,
  AF_INET6,
  AF_NETLINK,
  AF_PACKET,
  AF_UNIX,
  AF_UNSPEC,
} from '../../../src/posix/index.js';
import type { Dice } from './random.js';

export const addressPicks = {
  families: [AF_UNSPEC, AF_UNIX, AF_INET, AF_INET6, AF_NETLINK, AF_PACKET, 40, 45, 99],
  /** In no port is the low byte small: a family and a port are then never taken for an address in memory. */
  ports: [0, 1000, 1001, 1002, 1003, 1004, 1005, 1006, 1007, 0xfffe],
  ipv4: [
    [127, 0, 0, 1],
    [127, 0, 0, 1],
    [127, 0, 0, 2],
    [0, 0, 0, 0],
    [10, 0, 0, 1],
    [10, 0, 0, 2],
    [10, 0, 0, 255],
    [224, 0, 0, 5],
    [255, 255, 255, 255],
    [10, 0, 0, 77],
    [192, 0, 2, 1],
  ],
} as const;

const loopback6 = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];

export function writeAddress(dice: Dice, family: number): number[] {
  switch (family) {
    case AF_UNIX:
      return unixAddress(dice);
    case AF_INET:
      return [2, 0, ...port(dice), ...dice.pick(addressPicks.ipv4), 0, 0, 0, 0, 0, 0, 0, 0];
    case AF_INET6:
      return [10, 0, ...port(dice), 0, 0, 0, 0, ...ipv6(dice), dice.below(3), 0, 0, 0];
    case AF_NETLINK:
      return [16, 0, 0, 0, ...word(dice.below(3)), ...word(dice.below(16))];
    case AF_PACKET:
      return packetAddress(dice);
    case AF_UNSPEC:
      return Array<number>(16).fill(0);
    default:
      return [family & 0xff, 0, ...Array.from({ length: 26 }, () => dice.below(3))];
  }
}

function port(dice: Dice): [number, number] {
  const number = dice.pick(addressPicks.ports);
  return [number >> 8, number & 0xff];
}

function ipv6(dice: Dice): readonly number[] {
  switch (dice.below(6)) {
    case 0:
      return Array<number>(16).fill(0);
    case 1:
      return [0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xfe, 0, 0, dice.below(3)];
    case 2:
      return [0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
    case 3:
      return [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, ...dice.pick(addressPicks.ipv4)];
    default:
      return loopback6;
  }
}

/** Abstract names, names in the file system, and none. */
function unixAddress(dice: Dice): number[] {
  const which = 0x61 + dice.below(6);
  switch (dice.below(8)) {
    case 0:
      return [1, 0];
    case 1:
      return [1, 0, 0x2f, 0x74, 0x6d, 0x70, 0x2f, which, 0];
    case 2:
      return [1, 0, which, 0];
    default:
      return [1, 0, 0, which];
  }
}

function packetAddress(dice: Dice): number[] {
  const protocol = dice.pick([0x0003, 0x0800, 0x86dd, 0x0806, 0x88b5]);
  const mac = [2, 0, 0, 0, 0, dice.below(3), 0, 0];
  return [17, 0, protocol >> 8, protocol & 0xff, ...word(dice.below(4)), 1, 0, 0, 6, ...mac];
}

function word(value: number): number[] {
  return [value & 0xff, (value >> 8) & 0xff, (value >> 16) & 0xff, value >>> 24];
}
