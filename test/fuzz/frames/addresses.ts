// SPDX-License-Identifier: GPL-2.0-only

/** Who is who around the fuzzed host; few, so that frames meet. */
import { parseIp } from '../../../src/posix/index.js';
import type { Dice } from '../posix/random.js';

export const target4 = '10.0.0.1';
export const peer4 = '10.0.0.2';
export const behind4 = '10.0.1.2';
export const far4 = '10.0.1.1';
export const target6 = '2001:db8::1';
export const peer6 = '2001:db8::2';
export const behind6 = '2001:db8:1::2';
export const far6 = '2001:db8:1::1';
/** The link to the partner, the one neighbour that is a host itself. */
export const toPartner4 = '10.0.2.1';
export const toPartner6 = '2001:db8:9::1';
export const partner4 = '10.0.2.2';
export const partner6 = '2001:db8:9::2';
/** A second address of the partner's, for paths beside the first. */
export const partnerOther4 = '10.0.2.3';
/** The peer's link-local address. */
export const linkLocal6 = 'fe80::2';

/** Groups that sockets of the host have joined, the second ones for one source only. */
export const groups4 = ['239.1.2.3', '239.1.2.4'] as const;
export const groups6 = ['ff15::123', 'ff15::124'] as const;
/** A home address of a mobile node's. */
export const home6 = '2001:db8:4::77';
/** Segments of the host's, one for each thing that it does at one. */
export const segments6 = Array.from({ length: 16 }, (_, index) => `2001:db8:5::${index + 1}`);

const all4 = [
  target4,
  peer4,
  behind4,
  far4,
  '10.0.0.255',
  '224.0.0.1',
  '224.0.0.22',
  ...groups4,
  '10.7.0.1',
  partnerOther4,
  '255.255.255.255',
  '127.0.0.1',
  '0.0.0.0',
  '192.0.2.7',
].map((address) => parseIp(address));
const all6 = [
  target6,
  peer6,
  behind6,
  far6,
  linkLocal6,
  'fe80::ff:fe00:1',
  'ff02::1',
  'ff02::2',
  'ff02::16',
  'ff02::1:ff00:1',
  '::1',
  '::',
  '::ffff:10.0.0.1',
  ...groups6,
  home6,
  '2001:db8:2::7',
].map((address) => parseIp(address));
const segments = segments6.map((address) => parseIp(address));
const usual4 = { target: parseIp(target4), peer: parseIp(peer4), behind: parseIp(behind4) };
const usual6 = { target: parseIp(target6), peer: parseIp(peer6), behind: parseIp(behind6) };

/** Source and destination of an IPv4 packet: mostly from the peer to the host, or through it. */
export function addresses4(dice: Dice): [source: Uint8Array, destination: Uint8Array] {
  if (dice.oneIn(12)) return [dice.pick(all4), dice.pick(all4)];
  return [usual4.peer, dice.oneIn(5) ? usual4.behind : usual4.target];
}

export function addresses6(dice: Dice): [source: Uint8Array, destination: Uint8Array] {
  if (dice.oneIn(12)) return [dice.pick(all6), dice.pick(all6)];
  if (dice.oneIn(16)) return [usual6.peer, dice.pick(segments)];
  return [usual6.peer, dice.oneIn(5) ? usual6.behind : usual6.target];
}

export const anyAddress4 = (dice: Dice): Uint8Array => dice.pick(all4);
export const anyAddress6 = (dice: Dice): Uint8Array => dice.pick(all6);

/** The next hop of a segment routing header. */
export const anySegment = (dice: Dice): Uint8Array => dice.pick(dice.oneIn(3) ? all6 : segments);
export const linkLocal = parseIp(linkLocal6);
export const home = parseIp(home6);

/** Where the host listens, by transport. */
export const ports = {
  stream: 80,
  secure: 443,
  datagram: 53,
  /** Those who have joined groups. */
  group4: 54,
  group6: 55,
  vxlan: 4789,
  geneve: 6081,
  fou: 5555,
  gue: 5556,
  esp: 4500,
  wireguard: 51_820,
  l2tp: 1701,
  bareudp: 6635,
  sctp: 36_412,
  /** One that wants chunks authenticated, and one that interleaves data. */
  sctpStrict: 36_413,
  sctpInterleaved: 36_414,
  dccp: 5001,
} as const;
