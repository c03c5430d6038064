// SPDX-License-Identifier: GPL-2.0-only

/**
 * Every system call that libos may catch, once: its number on each architecture, its arguments, and when it is
 * caught. The C filter is generated from this table (generate.ts), the broker decodes with it (decode.ts).
 */
import type { Condition } from './condition.js';

/** How an argument reads; `address` points into the program's memory. */
export type ArgumentKind = 'fd' | 'int' | 'flags' | 'size' | 'address' | 'path';

export type Architecture = 'x86_64' | 'aarch64';

/** Who answers: a host in real time, or a simulation, where all that can wait or tells the time is caught. */
export type Mode = 'nuse' | 'simulation';

export interface CallDescription {
  /** Undefined where the architecture lacks the call. */
  readonly number: Readonly<Partial<Record<Architecture, number>>>;
  readonly arguments: readonly (readonly [name: string, kind: ArgumentKind])[];
  readonly caught: Readonly<Record<Mode, Condition>>;
}

const AF_UNIX = 1;
const AF_BLUETOOTH = 31;
const AF_ALG = 38;
const AF_VSOCK = 40;
const MSG_PEEK = 0x2;
const MSG_DONTWAIT = 0x40;
const MSG_EOR = 0x80;
const MSG_WAITALL = 0x100;
const MSG_NOSIGNAL = 0x4000;
const MSG_MORE = 0x8000;
const MSG_CMSG_CLOEXEC = 0x40000000;

/** All bits of 32 but these. */
const allBut = (...bits: readonly number[]): number =>
  ~bits.reduce((sum, bit) => sum | bit, 0) >>> 0;

const everywhere = { nuse: 'always', simulation: 'always' } as const;
const whereTimeIsVirtual = { nuse: 'never', simulation: 'always' } as const;
/** io_uring goes round every filter. */
const goesRound = { nuse: 'refuse', simulation: 'refuse' } as const;

/** Devices, kernel cryptography and sockets within the machine stay the machine's. */
const ours = {
  nuse: { anyOf: [{ argument: 0, notIn: [AF_UNIX, AF_BLUETOOTH, AF_ALG, AF_VSOCK] }] },
  simulation: { anyOf: [{ argument: 0, notIn: [AF_BLUETOOTH, AF_ALG, AF_VSOCK] }] },
} as const satisfies Record<Mode, Condition>;

/** What a plain send does, the program's end of the pair does as well. */
const sendsOutOfTheOrdinary = {
  nuse: {
    anyOf: [
      { argument: 4, pointer: 'given' },
      { argument: 3, anyBitOf: allBut(MSG_DONTWAIT, MSG_EOR, MSG_NOSIGNAL, MSG_MORE) },
    ],
  },
  simulation: 'always',
} as const satisfies Record<Mode, Condition>;

const receivesOutOfTheOrdinary = {
  nuse: {
    anyOf: [
      { argument: 4, pointer: 'given' },
      {
        argument: 3,
        anyBitOf: allBut(MSG_PEEK, MSG_DONTWAIT, MSG_WAITALL, MSG_NOSIGNAL, MSG_CMSG_CLOEXEC),
      },
    ],
  },
  simulation: 'always',
} as const satisfies Record<Mode, Condition>;

/** Requests that are about sockets and interfaces; SIOCINQ is the pair's own. */
const socketRequests = {
  nuse: {
    anyOf: [
      { argument: 1, from: 0x8900, to: 0x89ff },
      // Wireless extensions.
      { argument: 1, from: 0x8b00, to: 0x8bff },
      // SIOCOUTQ, which is TIOCOUTQ.
      { argument: 1, in: [0x5411] },
    ],
  },
  simulation: 'always',
} as const satisfies Record<Mode, Condition>;

const address = ['address', 'address'] as const;
const fd = ['fd', 'fd'] as const;
const flags = ['flags', 'flags'] as const;
const length = ['length', 'size'] as const;
const lengthAddress = ['length', 'address'] as const;
const message = ['message', 'address'] as const;
const timeout = ['timeout', 'address'] as const;
const transfer = [fd, ['buffer', 'address'], length] as const;
const vectorTransfer = [fd, ['vectors', 'address'], ['count', 'int']] as const;
const named = [fd, address, lengthAddress] as const;
const option = [fd, ['level', 'int'], ['option', 'int'], ['value', 'address']] as const;
const selecting = [
  ['count', 'int'],
  ['read', 'address'],
  ['write', 'address'],
  ['except', 'address'],
  timeout,
] as const;
const polling = [['entries', 'address'], ['count', 'size'], timeout] as const;
const eventWait = [fd, ['events', 'address'], ['count', 'int'], ['timeout', 'int']] as const;

/** A call with its number on x86-64 and on arm64. */
function call(
  x86_64: number | undefined,
  aarch64: number | undefined,
  args: CallDescription['arguments'],
  caught: CallDescription['caught'],
): CallDescription {
  const number = {
    ...(x86_64 === undefined ? {} : { x86_64 }),
    ...(aarch64 === undefined ? {} : { aarch64 }),
  };
  return { number, arguments: args, caught };
}

export const calls = {
  socket: call(
    41,
    198,
    [
      ['family', 'int'],
      ['type', 'flags'],
      ['protocol', 'int'],
    ],
    ours,
  ),
  connect: call(42, 203, [fd, address, length], everywhere),
  accept: call(43, 202, named, everywhere),
  accept4: call(288, 242, [...named, flags], everywhere),
  bind: call(49, 200, [fd, address, length], everywhere),
  listen: call(50, 201, [fd, ['backlog', 'int']], everywhere),
  getsockname: call(51, 204, named, everywhere),
  getpeername: call(52, 205, named, everywhere),
  shutdown: call(48, 210, [fd, ['how', 'int']], everywhere),
  setsockopt: call(54, 208, [...option, length], everywhere),
  getsockopt: call(55, 209, [...option, lengthAddress], everywhere),
  sendto: call(44, 206, [...transfer, flags, address, length], sendsOutOfTheOrdinary),
  recvfrom: call(45, 207, [...transfer, flags, address, lengthAddress], receivesOutOfTheOrdinary),
  sendmsg: call(46, 211, [fd, message, flags], everywhere),
  recvmsg: call(47, 212, [fd, message, flags], everywhere),
  sendmmsg: call(307, 269, [fd, ['messages', 'address'], ['count', 'int'], flags], everywhere),
  recvmmsg: call(
    299,
    243,
    [fd, ['messages', 'address'], ['count', 'int'], flags, timeout],
    everywhere,
  ),
  ioctl: call(16, 29, [fd, ['request', 'int'], ['argument', 'address']], socketRequests),

  open: call(2, undefined, [['path', 'path'], flags, ['mode', 'flags']], everywhere),
  openat: call(257, 56, [fd, ['path', 'path'], flags, ['mode', 'flags']], everywhere),
  openat2: call(437, 437, [fd, ['path', 'path'], ['how', 'address'], length], everywhere),

  io_uring_setup: call(
    425,
    425,
    [
      ['entries', 'int'],
      ['parameters', 'address'],
    ],
    goesRound,
  ),

  read: call(0, 63, transfer, whereTimeIsVirtual),
  write: call(1, 64, transfer, whereTimeIsVirtual),
  readv: call(19, 65, vectorTransfer, whereTimeIsVirtual),
  writev: call(20, 66, vectorTransfer, whereTimeIsVirtual),
  poll: call(
    7,
    undefined,
    [
      ['entries', 'address'],
      ['count', 'size'],
      ['timeout', 'int'],
    ],
    whereTimeIsVirtual,
  ),
  ppoll: call(271, 73, [...polling, ['mask', 'address']], whereTimeIsVirtual),
  select: call(23, undefined, selecting, whereTimeIsVirtual),
  pselect6: call(270, 72, [...selecting, ['mask', 'address']], whereTimeIsVirtual),
  epoll_wait: call(232, undefined, eventWait, whereTimeIsVirtual),
  epoll_pwait: call(281, 22, [...eventWait, ['mask', 'address']], whereTimeIsVirtual),
  epoll_pwait2: call(
    441,
    441,
    [fd, ['events', 'address'], ['count', 'int'], timeout, ['mask', 'address']],
    whereTimeIsVirtual,
  ),
  nanosleep: call(35, 101, [timeout, ['remaining', 'address']], whereTimeIsVirtual),
  clock_nanosleep: call(
    230,
    115,
    [['clock', 'int'], flags, timeout, ['remaining', 'address']],
    whereTimeIsVirtual,
  ),
  clock_gettime: call(
    228,
    113,
    [
      ['clock', 'int'],
      ['time', 'address'],
    ],
    whereTimeIsVirtual,
  ),
  gettimeofday: call(
    96,
    169,
    [
      ['time', 'address'],
      ['zone', 'address'],
    ],
    whereTimeIsVirtual,
  ),
  futex: call(
    202,
    98,
    [['word', 'address'], ['operation', 'flags'], ['value', 'int'], timeout],
    whereTimeIsVirtual,
  ),
} as const satisfies Readonly<Record<string, CallDescription>>;

export type CallName = keyof typeof calls;

/** All calls, typed for loops. */
export const callEntries = Object.entries(calls) as readonly [CallName, CallDescription][];
