// SPDX-License-Identifier: GPL-2.0-only

/**
 * A program's socket as the broker sees it: a descriptor in the library, the broker's end of the pair whose other
 * end the program has, the calls that wait. What all kinds share; how data moves is for the kinds to say.
 */
import type { Reactor } from '../../native/reactor.js';
import { errno, SO_LINGER, SOL_SOCKET, type HostTime, type Watch } from '../../posix/index.js';
import type { Call } from '../call.js';
import type { Charges } from './charges.js';
import type { Library } from './library.js';
import { Listening } from './listening.js';
import { Pair, type OpenedPair, type PairType } from './pair.js';
import { PendingCalls } from './pending.js';
import type { SocketTable } from './socket-table.js';

/** What the sockets of one host share. */
export interface SocketWorld {
  readonly library: Library;
  readonly reactor: Reactor;
  readonly time: HostTime;
  readonly table: SocketTable;
  readonly charges: Charges;
  /** A line for the log of whoever runs the host. */
  readonly log: (line: string) => void;
}

export interface SocketKind {
  readonly family: number;
  /** `SOCK_*` without flags. */
  readonly type: number;
  readonly protocol: number;
}

/** A message of a program as its calls describe it: where things are in the program's memory. */
export interface ProgramMessage {
  /** 0: none given. */
  readonly name: number;
  readonly nameLength: number;
  /** Address, length, address, length … */
  readonly segments: readonly number[];
  readonly total: number;
  readonly control: number;
  readonly controlLength: number;
}

/** What a receive has found: everything but the data is still to be written to the program. */
export interface Received {
  /** The result of the call. */
  readonly result: number;
  /** Where name and control messages are in kernel memory, and how long they are. */
  readonly name: number;
  readonly nameLength: number;
  readonly control: number;
  readonly controlLength: number;
  /** msg_flags. */
  readonly flags: number;
}

export abstract class ProgramSocket {
  readonly world: SocketWorld;
  readonly kind: SocketKind;
  /** The library's descriptor. */
  readonly fd: number;
  /** Calls that wait for something to come: data, a connection. */
  readonly receivers: PendingCalls;
  /** Calls that wait for room, or to be connected. */
  readonly senders: PendingCalls;
  /** SO_RCVTIMEO and SO_SNDTIMEO. */
  receiveTimeoutNs = Infinity;
  sendTimeoutNs = Infinity;
  /** Seconds of SO_LINGER, undefined when it is off. */
  lingerSeconds: number | undefined;
  listening: Listening | undefined;
  #pair: Pair | undefined;
  #inode = 0;
  #libraryInode: number | undefined;
  #watch: Watch | undefined;
  #closed = false;

  constructor(world: SocketWorld, kind: SocketKind, fd: number) {
    this.world = world;
    this.kind = kind;
    this.fd = fd;
    this.receivers = new PendingCalls(world.time);
    this.senders = new PendingCalls(world.time);
  }

  protected abstract readonly pairType: PairType;
  /** SO_SNDBUF of the program's end of a new pair. */
  protected abstract readonly programBytes: number;
  /** Which wake-ups of the library's file matter. */
  protected abstract readonly watched: number;
  /** The pair has changed: `EPOLL*` bits. */
  protected abstract onPair(events: number): void;
  /** The library's file may have changed: the key of the wake-up. */
  protected abstract onLibrary(events: number): void;
  /** Moves on whatever can move, in both directions. */
  abstract pump(): void;

  /** A send to the library, data and all; EAGAIN when there is no room. `sent` bytes have gone before. */
  abstract send(call: Call, message: ProgramMessage, flags: number, sent: number): number;
  /** A receive; writes the data to the program. A negative result is an errno, EAGAIN when there is nothing. */
  abstract receive(call: Call, message: ProgramMessage, flags: number): Received | number;
  abstract connect(call: Call, nameLength: number, nonBlocking: boolean): void;
  /** The error that waits for the program, as a negative errno; it is forgotten. */
  abstract takeError(programFd: number): number;
  /** What the ECONNRESET stands for that the program has just had of the pair: an errno, 0 for nothing at all. */
  abstract seenError(programFd: number, sends: boolean): number;
  /** What an accepted connection is. */
  abstract accepted(fd: number): ProgramSocket;

  /** Whether a plain write to the program's end fails with EPIPE. */
  get breaksByItself(): boolean {
    return false;
  }

  /** Whether nothing tells when the program closes its end. */
  get needsSweeping(): boolean {
    return false;
  }

  /** Makes of what the library has just given (at `data`) what the program is to see. */
  adjust(_lengthBytes: number): void {
    // Byte for byte the same.
  }

  /** Ends the socket if the program has closed its end. */
  endIfGone(): void {
    // An event tells.
  }

  get pair(): Pair {
    return this.#pair!;
  }

  /** `st_ino` of the program's end. */
  get inode(): number {
    return this.#inode;
  }

  /** The same of the library's socket. */
  get libraryInode(): number {
    return (this.#libraryInode ??= this.world.library.inodeOf(this.fd));
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Makes the pair; the caller puts its other end into the program, then calls `begin`. */
  openPair(nonBlocking: boolean): OpenedPair {
    const opened = Pair.open(this.pairType, {
      reactor: this.world.reactor,
      programBytes: this.programBytes,
      nonBlocking,
      onEvents: (events) => {
        if (opened.pair === this.#pair) this.#guarded(() => this.onPair(events));
      },
    });
    this.#pair?.close();
    this.#pair = opened.pair;
    if (this.#inode !== 0) this.world.table.remove(this);
    this.#inode = opened.inode;
    this.world.table.add(this);
    return opened;
  }

  /** The program has its end: things may move from now on. */
  begin(): void {
    this.#watch ??= this.world.library.watch(this.fd, this.watched, (events) => {
      this.#guarded(() => this.onLibrary(events));
    });
    this.pump();
  }

  /** What goes wrong with one socket, as where memory is short, ends that one and not its host. */
  #guarded(call: () => void): void {
    if (this.#closed) return;
    try {
      call();
    } catch (error) {
      if (this.world.library.process.port.death !== undefined) throw error;
      this.world.log(`socket ${this.#inode} is reset: ${describe(error)}`);
      this.close({ reset: true });
    }
  }

  listen(backlog: number): number {
    const { library } = this.world;
    const result = library.call(library.nr.listen, this.fd, backlog);
    if (result >= 0) {
      this.listening ??= new Listening(this);
      this.listening.limit = Math.max(1, backlog >>> 0);
    }
    return result;
  }

  /** The shutdown of a program; `programFd` is its own end, borrowed. */
  abstract shutdown(how: number, programFd: number): number;

  /** It is none of a program's after all: all of it goes but the library's socket. */
  letGo(): void {
    this.#closed = true;
    this.#watch?.end();
    this.world.table.remove(this);
    this.#pair?.close();
  }

  /** The last descriptor of the program is closed, or it never got one: ends it as Linux would. */
  close({ reset = false } = {}): void {
    if (this.#closed) return;
    const { library } = this.world;
    this.listening?.close();
    this.letGo();
    if (reset) library.setOption(this.fd, SOL_SOCKET, SO_LINGER, 1, 0);
    // The broker does not wait for what lingers: on the wire it is the same.
    else if ((this.lingerSeconds ?? 0) > 0) library.setOption(this.fd, SOL_SOCKET, SO_LINGER, 0, 0);
    library.close(this.fd);
    this.failWaiting(errno.EBADF);
  }

  protected failWaiting(_errno: number): void {
    this.receivers.retry();
    this.senders.retry();
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
