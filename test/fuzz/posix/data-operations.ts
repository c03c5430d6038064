// SPDX-License-Identifier: GPL-2.0-only

/** Random calls that send and receive: plain, as messages with control data, as vectors, between descriptors. */
import { roomForAddress, someAddress, type Context, type Operation } from './context.js';
import { dataBytes } from './memory.js';
import type { Kind } from './model.js';

const talkers: readonly Kind[] = ['stream', 'datagram', 'unix', 'packet', 'netlink', 'listener'];
const readable: readonly Kind[] = [...talkers, 'pipe', 'event', 'timer', 'file', 'other'];

const messageBits = [1, 2, 4, 0x20, 0x40, 0x40, 0x80, 0x100, 0x800, 0x2000, 0x4000, 0x8000];
const rareBits = [0x10000, 0x40000, 0x4000000, 0x8000000, 0x20000000, 0x40000000];

function messageFlags({ dice }: Context): number {
  if (dice.oneIn(40)) return dice.word() | 0;
  return dice.oneIn(3) ? dice.flags(messageBits) | dice.flags(rareBits) : 0x40;
}

/** Payload: an address in the data area with room for the length behind it. */
function payload(context: Context): [address: number, length: number] {
  const { dice, scratch } = context;
  const length = scratch.length();
  const room = Math.max(1, dataBytes - length);
  const at = length > dataBytes ? scratch.data : scratch.data + dice.below(room);
  scratch.writePayload(dice.below(dataBytes), dice.word());
  return [scratch.pointer(at), length];
}

const sendto: Operation = (context) => {
  const { dice, me } = context;
  const { fd, family } = me.some(dice, talkers);
  const [at, length] = payload(context);
  const name = dice.oneIn(3) ? ([0, 0] as const) : someAddress(context, family);
  context.call('sendto', fd, at, length, messageFlags(context), ...name);
};

const recvfrom: Operation = (context) => {
  const { fd } = context.me.some(context.dice, talkers);
  const [at, length] = payload(context);
  context.call('recvfrom', fd, at, length, messageFlags(context), ...roomForAddress(context));
};

/** Levels and types of control messages, and how much data each has. */
const controls: readonly (readonly [level: number, type: number, bytes: number])[] = [
  [1, 1, 4],
  [1, 1, 12],
  [1, 2, 12],
  [1, 37, 4],
  [1, 36, 4],
  [1, 61, 8],
  [0, 1, 4],
  [0, 2, 4],
  [0, 8, 12],
  [0, 7, 12],
  [41, 50, 20],
  [41, 52, 4],
  [41, 67, 4],
  [41, 57, 24],
  [41, 59, 8],
  [17, 103, 2],
  [282, 1, 1],
  [132, 0, 16],
  [132, 2, 16],
];

function control(context: Context): [address: number, length: number] {
  const { dice, scratch, me } = context;
  if (dice.oneIn(3)) return [0, 0];
  if (dice.oneIn(8)) {
    const length = dice.pick([1, 11, 12, 16, 200, 0x7fffffff, 0xffffffff]);
    return [scratch.pointer(scratch.garbage()), length];
  }
  const words: number[] = [];
  for (let count = dice.below(3) + 1; count > 0; count--) {
    const [level, type, bytes] = dice.pick(controls);
    const length = dice.oneIn(20) ? dice.pick([0, 11, 13, 0x7fffffff]) : 12 + bytes;
    words.push(length, level, type);
    for (let at = 0; at < bytes; at += 4) {
      words.push(level === 1 && type === 1 ? me.any(dice).fd >>> 0 : scratch.word());
    }
  }
  return [scratch.words(...words), words.length * 4];
}

/** An array of buffers. What the kernel might read as one is one, whatever the count says. */
function vector(context: Context): [address: number, count: number] {
  const { dice, scratch } = context;
  const count = dice.below(5);
  const words: number[] = [];
  for (let index = 0; index < count; index++) words.push(...payload(context));
  const at = scratch.words(...words, 0, 0);
  return [scratch.pointer(at), dice.oneIn(30) ? dice.pick([1025, 0x7fffffff, 0xffffffff]) : count];
}

function header(context: Context, family: number, receiving: boolean): number[] {
  const { dice, scratch } = context;
  const [iov, iovLength] = vector(context);
  const [controlAt, controlLength] = receiving
    ? dice.oneIn(2)
      ? [scratch.pointer(scratch.take(512)), dice.pick([0, 1, 12, 16, 64, 256, 512])]
      : [0, 0]
    : control(context);
  let name: readonly [number, number] = [0, 0];
  if (!dice.oneIn(3)) name = receiving ? [scratch.take(128), 128] : someAddress(context, family);
  return [...name, iov, iovLength, controlAt, controlLength, dice.below(3)];
}

const sendmsg: Operation = (context) => {
  const { dice, me, scratch } = context;
  const { fd, family } = me.some(dice, talkers);
  const at = scratch.words(...header(context, family, false));
  context.call('sendmsg', fd, scratch.pointer(at), messageFlags(context));
};

const recvmsg: Operation = (context) => {
  const { dice, me, scratch } = context;
  const { fd, family } = me.some(dice, talkers);
  const at = scratch.words(...header(context, family, true));
  const result = context.call('recvmsg', fd, scratch.pointer(at), messageFlags(context));
  if (result >= 0) adoptDescriptors(context, scratch.readWord(at + 16), scratch.readWord(at + 20));
};

/** SCM_RIGHTS: descriptors that another process has sent. */
function adoptDescriptors({ me, scratch }: Context, control: number, lengthBytes: number): void {
  if (lengthBytes < 16 || lengthBytes > 512) return;
  if (scratch.readWord(control + 4) !== 1 || scratch.readWord(control + 8) !== 1) return;
  const end = Math.min(scratch.readWord(control), lengthBytes);
  for (let at = 12; at + 4 <= end; at += 4) me.opened(scratch.readWord(control + at) | 0, 'other');
}

const manyMessages =
  (name: 'sendmmsg' | 'recvmmsg'): Operation =>
  (context) => {
    const { dice, me, scratch } = context;
    const { fd, family } = me.some(dice, talkers);
    const count = dice.below(4);
    const words: number[] = [];
    for (let index = 0; index < count; index++) {
      words.push(...header(context, family, name === 'recvmmsg'), 0);
    }
    const at = scratch.pointer(scratch.words(...words, 0));
    const timeout = dice.oneIn(2) ? 0 : scratch.words(0, 0, dice.below(2), 0);
    context.call(name, fd, at, count, messageFlags(context), name === 'recvmmsg' ? timeout : 0);
  };

const read: Operation = (context) => {
  const { fd } = context.me.some(context.dice, readable);
  context.call('read', fd, ...payload(context));
};

const write: Operation = (context) => {
  const { fd } = context.me.some(context.dice, [...talkers, 'pipe', 'event']);
  context.call('write', fd, ...payload(context));
};

const vectors: Operation = (context) => {
  const { dice, me } = context;
  const { fd } = me.some(dice, readable);
  const [at, count] = vector(context);
  if (dice.oneIn(3)) context.call(dice.oneIn(2) ? 'preadv' : 'pwritev', fd, at, count, 0, 0);
  else context.call(dice.oneIn(2) ? 'readv' : 'writev', fd, at, count);
};

const positioned: Operation = (context) => {
  const { dice, me } = context;
  const { fd } = me.some(dice, ['file', 'pipe', 'stream']);
  const [at, length] = payload(context);
  context.call(dice.oneIn(3) ? 'pwrite64' : 'pread64', fd, at, length, dice.below(5000), 0);
};

const splice: Operation = (context) => {
  const { dice, me, scratch } = context;
  const from = me.some(dice, ['pipe', 'stream', 'file', 'unix']).fd;
  const to = me.some(dice, ['pipe', 'stream', 'datagram', 'unix']).fd;
  const length = Math.min(scratch.length(), 0x7fffffff);
  const flags = dice.oneIn(8) ? dice.word() | 0 : 2 | dice.flags([1, 4]);
  const offset = dice.oneIn(6) ? scratch.pointer(scratch.words(dice.below(100), 0)) : 0;
  switch (dice.below(8)) {
    case 0:
      context.call('tee', from, to, length, flags);
      break;
    case 1:
    case 2:
      context.call('sendfile', to, from, offset, length);
      break;
    case 3:
      context.call('vmsplice', to, ...vector(context), flags);
      break;
    default:
      context.call('splice', from, offset, to, 0, length, flags);
  }
};

export const dataOperations: readonly (readonly [number, Operation])[] = [
  [100, sendto],
  [100, recvfrom],
  [60, sendmsg],
  [60, recvmsg],
  [12, manyMessages('sendmmsg')],
  [12, manyMessages('recvmmsg')],
  [50, read],
  [50, write],
  [20, vectors],
  [10, positioned],
  [25, splice],
];
