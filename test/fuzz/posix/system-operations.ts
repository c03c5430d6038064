// SPDX-License-Identifier: GPL-2.0-only

/** Random ioctls, netlink messages, namespaces, signals, and calls by any number at all. */
import { AF_INET, AF_INET6, AF_NETLINK, CLONE_NEWNET, NR } from '../../../src/posix/index.js';
import { addressPicks } from './addresses.js';
import type { Context, Operation } from './context.js';
import { excludedCalls } from './excluded.js';
import type { Dice } from './random.js';

const interfaceNames = ['lo', 'eth0', 'd0', 'd1', 'sit0', 'none', ''];

/** struct ifreq: a name, then an address, a number, or a pointer. */
function interfaceRequest({ dice, scratch }: Context): number {
  const name = new TextEncoder().encode(dice.pick(interfaceNames).padEnd(16, '\0'));
  const tail: number[] = [];
  switch (dice.below(4)) {
    case 0:
      tail.push(2, 0, 0, 0, ...dice.pick(addressPicks.ipv4), 0, 0, 0, 0, 0, 0, 0, 0);
      break;
    case 1:
      tail.push(dice.pick([0, 1, 0x41, 0x43, 0xff]), dice.below(0x14), 0, 0);
      break;
    case 2:
      tail.push(dice.below(4), 0, 0, 0);
      break;
    default: {
      const at = scratch.pointer(scratch.garbage());
      tail.push(at & 0xff, (at >> 8) & 0xff, (at >> 16) & 0xff, at >>> 24);
    }
  }
  const request = scratch.bytes([...name, ...tail, ...Array<number>(32).fill(0)]);
  return scratch.pointer(request);
}

const plainRequests = [0x541b, 0x5411, 0x5421, 0x5452, 0x8901, 0x8902, 0x8903, 0x8904, 0x8905];

const ioctl: Operation = (context) => {
  const { call, dice, me, scratch } = context;
  const { fd } = me.any(dice);
  switch (dice.below(8)) {
    case 0:
    case 1:
    case 2: {
      // 0x8910 to 0x895f are about interfaces.
      const request = 0x8910 + dice.below(0x50);
      call('ioctl', fd, request, interfaceRequest(context));
      break;
    }
    case 3:
      call('ioctl', fd, 0x8900 + dice.below(0x100), scratch.pointer(scratch.garbage()));
      break;
    case 4:
      call('ioctl', fd, dice.word() | 0, scratch.pointer(scratch.garbage()));
      break;
    default:
      call('ioctl', fd, dice.pick(plainRequests), scratch.pointer(scratch.words(dice.below(3), 0)));
  }
};

/** Kinds of rtnetlink messages with the size of the fixed part that follows the header. */
const routeMessages: readonly (readonly [type: number, headerBytes: number])[] = [
  [16, 16],
  [17, 16],
  [18, 16],
  [19, 16],
  [20, 8],
  [21, 8],
  [22, 8],
  [24, 12],
  [25, 12],
  [26, 12],
  [28, 12],
  [29, 12],
  [30, 12],
  [32, 12],
  [33, 12],
  [34, 12],
  [36, 20],
  [37, 20],
  [38, 20],
  [44, 20],
  [46, 20],
  [66, 4],
  [78, 12],
  [80, 4],
  [104, 8],
  [106, 8],
];

/** One netlink message, written as an array of bytes; it has no pointers, so its words are free. */
function netlinkMessage({ dice }: Context): number[] {
  const [type, headerBytes] = dice.pick(routeMessages);
  const body: number[] = [];
  const family = dice.pick([0, AF_INET, AF_INET6, 7, dice.below(50)]);
  for (let at = 0; at < headerBytes; at++) body.push(dice.oneIn(3) ? dice.below(40) : 0);
  body[0] = family;
  for (let count = dice.below(4); count > 0; count--) attribute(dice, body);
  const flags = 1 | dice.flags([2, 4, 8, 0x100, 0x200, 0x300, 0x400, 0x800]);
  const length = dice.oneIn(20) ? dice.below(200) : 16 + body.length;
  const kind = dice.oneIn(20) ? dice.below(0x10000) : type;
  return [
    ...[length & 0xff, (length >> 8) & 0xff, 0, 0, kind & 0xff, kind >> 8],
    ...[flags & 0xff, flags >> 8, dice.below(256), 0, 0, 0, 0, 0, 0, 0],
    ...body,
  ];
}

const texts = ['dummy', 'd0', 'd1', 'veth', 'bridge', 'vlan', 'eth0', 'pfifo', 'lo'];

/** Appends an attribute: an address, a number, a name, or one that lies about its length or nests another. */
function attribute(dice: Dice, body: number[]): void {
  let value: number[];
  switch (dice.below(6)) {
    case 0:
      value = [...dice.pick(addressPicks.ipv4)];
      break;
    case 1:
      value = [dice.below(8), 0, 0, 0];
      break;
    case 2:
      value = [...new TextEncoder().encode(`${dice.pick(texts)}\0`)];
      break;
    case 3:
      value = Array.from({ length: dice.below(24) }, () => dice.below(256));
      break;
    case 4:
      value = [];
      attribute(dice, value);
      break;
    default:
      value = [0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, dice.below(9)];
  }
  const length = dice.oneIn(16) ? dice.below(0x10000) : 4 + value.length;
  const type = dice.below(dice.oneIn(4) ? 64 : 20) | (dice.oneIn(8) ? 0x8000 : 0);
  body.push(length & 0xff, length >> 8, type & 0xff, type >> 8, ...value);
  while (body.length % 4 !== 0) body.push(0);
}

const netlink: Operation = (context) => {
  const { call, dice, me, scratch } = context;
  let { fd } = me.some(dice, ['netlink']);
  if (dice.oneIn(4)) {
    fd = call('socket', AF_NETLINK, 3, dice.pick([0, 0, 0, 4, 12, 16]));
    me.opened(fd, 'netlink', AF_NETLINK);
  }
  const message = netlinkMessage(context);
  const at = scratch.pointer(scratch.bytes(message));
  call('sendto', fd, at, message.length, 0, 0, 0);
};

const namespaces: Operation = ({ call, dice, me, scratch, all }) => {
  if (dice.oneIn(3)) {
    const kinds = [CLONE_NEWNET, 0x4000000, 0x400, 0x200, 0x20000, 0x8000000];
    call('unshare', dice.oneIn(10) ? dice.word() | 0 : dice.pick(kinds));
    return;
  }
  const { pid } = dice.pick(all).process;
  const path = scratch.text(`/proc/${dice.oneIn(4) ? 1 : pid}/ns/net`);
  const fd = call('openat', -100, path, 0, 0);
  me.opened(fd, 'other');
  call('setns', dice.oneIn(4) ? me.any(dice).fd : fd, dice.oneIn(4) ? dice.word() | 0 : 0);
};

/** Only to processes of the run: a signal to all, or to a group, would end the host's own process. */
const signal: Operation = ({ call, dice, all }) => {
  const { pid } = dice.pick(all).process;
  const number = dice.oneIn(10) ? dice.word() | 0 : dice.below(65);
  switch (dice.below(3)) {
    case 0:
      call('kill', pid, number);
      break;
    case 1:
      call('tkill', pid, number);
      break;
    default:
      call('tgkill', pid, pid, number);
  }
};

const identity: Operation = ({ call, dice, scratch }) => {
  const room = scratch.pointer(scratch.take(512));
  switch (dice.below(8)) {
    case 0:
      call('uname', room);
      break;
    case 1:
      call('getrandom', room, dice.below(512), dice.below(8));
      break;
    case 2:
      call('clock_gettime', dice.below(16), room);
      break;
    case 3:
      call('getresuid', room, room, scratch.pointer(room));
      break;
    case 4:
      call('prlimit64', 0, dice.below(18), 0, room);
      break;
    case 5:
      call('rt_sigprocmask', dice.below(4), 0, room, dice.pick([8, 8, 4, 0]));
      break;
    case 6:
      call('sysinfo', room);
      break;
    default:
      call('getpid');
  }
};

const names = Object.keys(NR) as (keyof typeof NR)[];
const anyNames = names.filter((name) => !(name in excludedCalls));

/** Any call that there is with any arguments. */
const any: Operation = ({ call, dice, me, scratch }) => {
  const argument = (): number => {
    switch (dice.below(4)) {
      case 0:
        return me.any(dice).fd;
      case 1:
        return scratch.pointer(scratch.garbage());
      default:
        return scratch.word();
    }
  };
  const args = Array.from({ length: dice.below(7) }, argument);
  call(dice.pick(anyNames), ...args);
};

export const systemOperations: readonly (readonly [number, Operation])[] = [
  [40, ioctl],
  [30, netlink],
  [2, namespaces],
  [4, signal],
  [10, identity],
  [30, any],
];
