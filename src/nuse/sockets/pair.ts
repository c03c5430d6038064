// SPDX-License-Identifier: GPL-2.0-only

/**
 * The broker's end of the pair that stands for a program's socket. The program's end is in the program and
 * nowhere else: while the broker held it, it would not see the program close it. Results are counts or negative
 * errnos.
 */
import { addon } from '../../addon/addon.js';
import {
  EPOLLERR,
  EPOLLET,
  EPOLLHUP,
  EPOLLIN,
  EPOLLOUT,
  EPOLLRDHUP,
  type Reactor,
  type Watch,
} from '../../native/reactor.js';
import { MSG_DONTWAIT, MSG_OOB, SystemError, SOCK_STREAM } from '../../posix/index.js';
import type { Call } from '../call.js';

/** What a pair passes on: bytes, messages, or messages of which a reader sees that the other end has closed. */
export type PairType = typeof SOCK_STREAM | 2 | 5;

/** Send buffers, as SO_SNDBUF has them; Linux doubles them and counts its own overhead. */
export const streamBufferBytes = 1024 * 1024;
export const messageBufferBytes = 256 * 1024;
/** The least that Linux gives: the program's end of a socket that is not connected. */
export const smallestBufferBytes = 1;

const SIOCOUTQ = 0x5411;
const FIONREAD = 0x541b;
const O_NONBLOCK = 0x800;
const F_SETFL = 4;

const native = addon();
const ends = new Float64Array(3);

export interface OpenedPair {
  readonly pair: Pair;
  /** The program's end, to be put into the program and closed at once. */
  readonly programFd: number;
  /** Its st_ino, by which it is known wherever it goes. */
  readonly inode: number;
}

export class Pair {
  readonly fd: number;
  readonly type: PairType;
  readonly #watch: Watch;
  #named = false;
  #closed = false;

  private constructor(
    fd: number,
    type: PairType,
    reactor: Reactor,
    onEvents: (events: number) => void,
  ) {
    this.fd = fd;
    this.type = type;
    this.#watch = reactor.watch(fd, watched, onEvents);
  }

  /** Throws EMFILE and its like. `onEvents` has `EPOLL*` bits, once for each change. */
  static open(
    type: PairType,
    { reactor, programBytes, nonBlocking, onEvents }: PairOptions,
  ): OpenedPair {
    const brokerBytes = type === SOCK_STREAM ? streamBufferBytes : messageBufferBytes;
    const result = native.pairOpen(type, brokerBytes, programBytes, ends);
    if (result < 0) throw new SystemError(result, 'socket');
    const [fd, programFd, inode] = ends as unknown as [number, number, number];
    if (nonBlocking) native.fcntl(programFd, F_SETFL, O_NONBLOCK);
    return { pair: new Pair(fd, type, reactor, onEvents), programFd, inode };
  }

  /** EAGAIN when there is no room, EPIPE when the program has closed its end. */
  send(address: number, lengthBytes: number): number {
    return native.sendMemory(this.fd, address, lengthBytes, MSG_DONTWAIT);
  }

  /** A byte of urgent data. */
  sendUrgent(address: number): number {
    return native.sendMemory(this.fd, address, 1, MSG_DONTWAIT | MSG_OOB);
  }

  receive(address: number, lengthBytes: number, flags = 0): number {
    return native.receiveMemory(this.fd, address, lengthBytes, MSG_DONTWAIT | flags);
  }

  discard(lengthBytes: number): number {
    return native.pairDiscard(this.fd, lengthBytes);
  }

  /** Bytes that the program has written and nobody has taken. */
  get waitingBytes(): number {
    return native.ioctlValue(this.fd, FIONREAD);
  }

  /** What the program has not taken yet, with Linux's overhead. */
  get queuedBytes(): number {
    return native.ioctlValue(this.fd, SIOCOUTQ);
  }

  /** Whether there is to be an event when the program has made room. */
  awaitRoom(wanted: boolean): void {
    if (!this.#closed) this.#watch.setEvents(wanted ? watched + EPOLLOUT : watched);
  }

  shutdown(how: number): void {
    native.shutdown(this.fd, how);
  }

  raise(): void {
    native.pairRaise(this.fd);
  }

  /**
   * The program's end, borrowed, is going to be shut down: from then on a hang-up no longer says that it is closed,
   * and `alive` does.
   */
  shutDownProgram(programFd: number, how: number): void {
    native.pairName(programFd);
    this.#named = true;
    native.shutdown(programFd, how);
  }

  /** Whether a hang-up means that the program has closed its end. */
  get isGone(): boolean {
    return !this.#named || !this.alive;
  }

  /** Whether the program's end, which has a name, is open. */
  get alive(): boolean {
    return native.pairAlive(this.fd) === 1;
  }

  get closed(): boolean {
    return this.#closed;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#watch.close();
    native.close(this.fd);
  }
}

/** Lets `use` have the descriptor that a call names first, the program's end as a rule; it is the broker's only then. */
export function withProgramEnd<T>(call: Call, use: (fd: number) => T): T {
  const fd = call.borrow(call.int(0));
  try {
    return use(fd);
  } finally {
    native.close(fd);
  }
}

export interface PairOptions {
  readonly reactor: Reactor;
  readonly programBytes: number;
  readonly nonBlocking: boolean;
  readonly onEvents: (events: number) => void;
}

const watched = EPOLLIN + EPOLLRDHUP + EPOLLET;

export const hungUp = EPOLLHUP | EPOLLERR;
export { EPOLLHUP, EPOLLIN, EPOLLOUT, EPOLLRDHUP };
