// SPDX-License-Identifier: GPL-2.0-only

/** Connections of every transport that a program makes, uses by chance, and ends: the partner's, and the target's own. */
import {
  AF_INET,
  AF_INET6,
  MSG_NOSIGNAL,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SystemError,
  type Process,
} from '../../../src/posix/index.js';
import { weighted, type Dice } from '../posix/random.js';
import { ports } from './addresses.js';
import { changeSctp, prepareSctp } from './sctp-options.js';

const connectionsMax = 12;
const bytesMax = 3000;
const shutdownWrite = 1;
const closeAtOnce = Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0);
const SOL_SOCKET = 1;
const SO_LINGER = 13;
export const SOCK_DCCP = 6;
export const transportNumbers = { dccp: 33, sctp: 132, mptcp: 262 } as const;

interface Transport {
  readonly type: number;
  readonly protocol: number;
  readonly port: number;
  /** What is set before it connects. */
  readonly prepare?: (process: Process, fd: number, dice: Dice) => void;
  /** What is set on a connection. */
  readonly change?: (process: Process, fd: number, dice: Dice) => void;
}

const sctp = {
  type: SOCK_STREAM,
  protocol: transportNumbers.sctp,
  prepare: prepareSctp,
  change: changeSctp,
};
const transports = weighted<Transport>([
  [4, { type: SOCK_STREAM, protocol: 0, port: ports.stream }],
  [4, { type: SOCK_STREAM, protocol: transportNumbers.mptcp, port: ports.secure }],
  [2, { ...sctp, port: ports.sctp }],
  [2, { ...sctp, port: ports.sctpStrict }],
  [2, { ...sctp, port: ports.sctpInterleaved }],
  [
    3,
    {
      type: SOCK_DCCP,
      protocol: transportNumbers.dccp,
      port: ports.dccp,
      prepare: (process, fd) => process.setsockopt(fd, 269, 2, new Uint8Array(4)),
    },
  ],
]);

const uses = weighted([
  [2, 'close'],
  [2, 'shutdown'],
  [5, 'change'],
  [7, 'receive'],
  [8, 'send'],
] as const);

/** Where connections go from and to. */
export interface Ends {
  readonly near: { readonly 4: string; readonly 6: string };
  readonly far: readonly { readonly 4: string; readonly 6: string }[];
}

export class Connections {
  readonly #process: Process;
  readonly #dice: Dice;
  readonly #ends: Ends;
  readonly #open: { readonly fd: number; readonly transport: Transport }[] = [];
  readonly #buffer = new Uint8Array(bytesMax);

  constructor(process: Process, dice: Dice, ends: Ends) {
    this.#process = process;
    this.#dice = dice;
    this.#ends = ends;
  }

  /** Connects, sends, reads, changes or closes one. */
  act(): void {
    const dice = this.#dice;
    const chosen = this.#open.length > 0 ? dice.pick(this.#open) : undefined;
    attempt(() => {
      if (!chosen || dice.oneIn(8)) this.#connect(dice.pick(transports));
      else this.#use(chosen.fd, chosen.transport, dice.pick(uses));
    });
  }

  closeAll(): void {
    while (this.#open.length > 0) this.#close(this.#open[0]!.fd);
  }

  #use(fd: number, { change }: Transport, use: (typeof uses)[number]): void {
    switch (use) {
      case 'close':
        this.#close(fd);
        break;
      case 'shutdown':
        this.#process.shutdown(fd, shutdownWrite);
        break;
      case 'change':
        change?.(this.#process, fd, this.#dice);
        break;
      case 'receive':
        this.#process.recv(fd, this.#buffer);
        break;
      case 'send': {
        const length = 1 + this.#dice.below(this.#dice.oneIn(4) ? bytesMax : 100);
        this.#process.send(fd, this.#buffer.subarray(0, length), MSG_NOSIGNAL);
      }
    }
  }

  #connect(transport: Transport): void {
    const { type, protocol, port } = transport;
    if (this.#open.length === connectionsMax) this.#close(this.#open[0]!.fd);
    const dice = this.#dice;
    const family = dice.oneIn(2) ? AF_INET : AF_INET6;
    const fd = this.#process.socket(family, type | SOCK_NONBLOCK, protocol);
    this.#open.push({ fd, transport });
    attempt(() => transport.prepare?.(this.#process, fd, dice));
    const far = dice.pick(this.#ends.far);
    const { near } = this.#ends;
    // One address of several: others can be added later.
    if (family === AF_INET) {
      if (dice.oneIn(2)) this.#process.bind(fd, { family, address: near[4], port: 0 });
      this.#process.connect(fd, { family, address: far[4], port });
    } else {
      if (dice.oneIn(2)) this.#process.bind(fd, { family, address: near[6], port: 0 });
      this.#process.connect(fd, { family, address: far[6], port });
    }
  }

  #close(fd: number): void {
    const index = this.#open.findIndex((connection) => connection.fd === fd);
    this.#open.splice(index, 1);
    // Now and then without a word, as one that crashes.
    if (this.#dice.oneIn(3))
      attempt(() => this.#process.setsockopt(fd, SOL_SOCKET, SO_LINGER, closeAtOnce));
    this.#process.close(fd);
  }
}

/** The result of a call, undefined when it failed: a peer may have ended what it is about, or not yet begun. */
export function attempt<T>(call: () => T): T | undefined {
  // Most fail, and nobody looks at where.
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  try {
    return call();
  } catch (error) {
    if (error instanceof SystemError) return undefined;
    throw error;
  } finally {
    Error.stackTraceLimit = limit;
  }
}
