// SPDX-License-Identifier: GPL-2.0-only

/** Random calls that make, name, join, and end sockets, and that ask and set their options. */
import {
  AF_INET,
  AF_INET6,
  AF_NETLINK,
  AF_PACKET,
  AF_UNIX,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOCK_RAW,
  SOCK_SEQPACKET,
  SOCK_STREAM,
} from '../../../src/posix/index.js';
import { roomForAddress, someAddress, type Context, type Operation } from './context.js';
import type { Kind } from './model.js';
import { weighted } from './random.js';

const sockets: readonly Kind[] = ['stream', 'datagram', 'listener', 'unix', 'packet', 'netlink'];

/** Family, type, protocol and what the model calls it. */
const sorts = weighted<readonly [number, number, number, Kind]>([
  [12, [AF_INET, SOCK_STREAM, 0, 'stream']],
  [8, [AF_INET6, SOCK_STREAM, 0, 'stream']],
  [12, [AF_INET, SOCK_DGRAM, 0, 'datagram']],
  [8, [AF_INET6, SOCK_DGRAM, 0, 'datagram']],
  [4, [AF_UNIX, SOCK_STREAM, 0, 'unix']],
  [3, [AF_UNIX, SOCK_DGRAM, 0, 'unix']],
  [3, [AF_UNIX, SOCK_SEQPACKET, 0, 'unix']],
  [4, [AF_NETLINK, SOCK_RAW, 0, 'netlink']],
  [3, [AF_PACKET, SOCK_RAW, 0x0300, 'packet']],
  [2, [AF_PACKET, SOCK_DGRAM, 0x0008, 'packet']],
  [2, [AF_INET, SOCK_RAW, 1, 'datagram']],
  [2, [AF_INET, SOCK_RAW, 255, 'datagram']],
  [1, [AF_INET6, SOCK_RAW, 58, 'datagram']],
  [1, [AF_INET, SOCK_DGRAM, 1, 'datagram']],
  [1, [AF_INET, SOCK_DGRAM, 136, 'datagram']],
  [2, [AF_INET, SOCK_STREAM, 262, 'stream']],
  [1, [AF_INET, SOCK_STREAM, 132, 'stream']],
  [1, [AF_INET, SOCK_SEQPACKET, 132, 'stream']],
]);

const socket: Operation = (context) => {
  const { dice, me } = context;
  let [family, type, protocol, kind] = dice.pick(sorts);
  if (dice.oneIn(15)) {
    family = dice.below(50);
    type = dice.below(12);
    protocol = dice.pick([0, 1, 2, 6, 17, 41, 58, 132, 136, 255, 262, dice.word()]);
    kind = 'other';
  }
  if (family === AF_NETLINK && dice.oneIn(3)) protocol = dice.below(24);
  const flags = dice.flags([SOCK_NONBLOCK, SOCK_CLOEXEC]);
  me.opened(context.call('socket', family, type | flags, protocol), kind, family);
};

const socketpair: Operation = (context) => {
  const { dice, me, scratch } = context;
  const type = dice.pick([SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET]);
  const family = dice.oneIn(10) ? dice.pick([AF_INET, 40, 30]) : AF_UNIX;
  const pair = scratch.take(8);
  const at = scratch.pointer(pair);
  if (context.call('socketpair', family, type, 0, at) === 0 && at === pair) {
    me.opened(scratch.readWord(pair), 'unix', AF_UNIX);
    me.opened(scratch.readWord(pair + 4), 'unix', AF_UNIX);
  }
};

const bind: Operation = (context) => {
  const { fd, family } = context.me.some(context.dice, sockets);
  context.call('bind', fd, ...someAddress(context, family));
};

const listen: Operation = (context) => {
  const { dice, me } = context;
  const descriptor = me.some(dice, ['stream', 'unix']);
  const backlog = dice.pick([0, 1, 5, 128, 4096, -1, 0x7fffffff]);
  if (context.call('listen', descriptor.fd, backlog) === 0) descriptor.kind = 'listener';
};

const connect: Operation = (context) => {
  const { fd, family } = context.me.some(context.dice, ['stream', 'datagram', 'unix', 'netlink']);
  context.call('connect', fd, ...someAddress(context, family));
};

const accept: Operation = (context) => {
  const { dice, me } = context;
  const { fd, family } = me.some(dice, ['listener']);
  const room = roomForAddress(context);
  const flags = dice.oneIn(12) ? dice.word() | 0 : dice.flags([SOCK_NONBLOCK, SOCK_CLOEXEC]);
  const accepted = context.call('accept4', fd, ...room, flags);
  me.opened(accepted, family === AF_UNIX ? 'unix' : 'stream', family);
};

const name: Operation = (context) => {
  const { dice, me } = context;
  const { fd } = me.some(dice, sockets);
  context.call(dice.oneIn(2) ? 'getsockname' : 'getpeername', fd, ...roomForAddress(context));
};

const shutdown: Operation = (context) => {
  const { dice, me } = context;
  const { fd } = me.some(dice, sockets);
  context.call('shutdown', fd, dice.oneIn(10) ? dice.word() | 0 : dice.below(3));
};

/** Each level with the highest option that it has, roughly. */
const levels = weighted<readonly [level: number, options: number]>([
  [10, [1, 84]],
  [8, [0, 64]],
  [8, [6, 46]],
  [3, [17, 110]],
  [6, [41, 82]],
  [1, [58, 4]],
  [1, [255, 4]],
  [4, [263, 26]],
  [3, [270, 14]],
  [1, [132, 135]],
  [2, [282, 6]],
  [1, [284, 5]],
  [1, [136, 14]],
]);

const names = ['tls', 'mptcp', 'reno', 'cubic', 'dctcp', 'lo', 'eth0', 'none', ''];

function level(context: Context): readonly [level: number, option: number] {
  const { dice } = context;
  if (dice.oneIn(25)) return [dice.below(400), dice.word() | 0];
  const [number, options] = dice.pick(levels);
  return [number, dice.below(options) + (number === 0 && dice.oneIn(20) ? 200 : 0)];
}

const setsockopt: Operation = (context) => {
  const { dice, me, scratch } = context;
  const { fd } = me.some(dice, sockets);
  const [at, length] = optionValue(context);
  context.call('setsockopt', fd, ...level(context), scratch.pointer(at), length);
};

function optionValue({ dice, scratch }: Context): [address: number, length: number] {
  switch (dice.below(8)) {
    case 0:
    case 1:
    case 2:
      return [scratch.words(dice.pick([0, 1, 2, 5, 60, 255, 1000, 65535, 1 << 20, -1]) >>> 0), 4];
    case 3:
      return [scratch.words(dice.below(4), dice.below(1_000_000)), 8];
    case 4:
      return [scratch.text(dice.pick(names)), dice.below(20)];
    case 5:
      return [scratch.garbage(), dice.pick([0, 1, 2, 4, 8, 12, 16, 20, 24, 28, 32, 40, 64, 136])];
    case 6:
      return [scratch.garbage(), dice.below(400)];
    default:
      return [scratch.garbage(), dice.pick([0xffffffff, 0x7fffffff, 0x80000000, 512])];
  }
}

const getsockopt: Operation = (context) => {
  const { dice, me, scratch } = context;
  const { fd } = me.some(dice, sockets);
  const value = scratch.garbage();
  const length = dice.pick([0, 1, 4, 4, 4, 8, 12, 16, 64, 256, 256, 512, 0xffffffff, 0x7fffffff]);
  const lengthAt = scratch.pointer(scratch.words(length));
  context.call('getsockopt', fd, ...level(context), scratch.pointer(value), lengthAt);
};

export const socketOperations: readonly (readonly [number, Operation])[] = [
  [80, socket],
  [15, socketpair],
  [60, bind],
  [30, listen],
  [80, connect],
  [60, accept],
  [30, name],
  [15, shutdown],
  [80, setsockopt],
  [40, getsockopt],
];
