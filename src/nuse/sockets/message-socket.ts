// SPDX-License-Identifier: GPL-2.0-only

/**
 * Sockets of messages: UDP, raw, packet, netlink and the rest. Messages go into the pair as they come, so that
 * read and poll are right, and what belongs to them (addresses, control messages) into a queue beside it. Calls
 * that the broker answers go past the pair where it is empty, so that Linux's answer is the program's.
 */
import {
  AF_INET,
  AF_INET6,
  AF_NETLINK,
  EPOLLERR,
  EPOLLHUP,
  EPOLLIN,
  EPOLLOUT,
  EPOLLRDHUP,
  errno,
  MSG_DONTWAIT,
  MSG_ERRQUEUE,
  MSG_NOSIGNAL,
  MSG_PEEK,
  MSG_TRUNC,
  SHUT_WR,
  SO_ERROR,
  SOL_SOCKET,
  SOCK_DGRAM,
  SOCK_RAW,
  SOCK_SEQPACKET,
  type Watch,
} from '../../posix/index.js';
import { addon } from '../../addon/addon.js';
import type { Call } from '../call.js';
import { receiveDirectly, sendDirectly } from './direct.js';
import { renumberMessages } from './inodes.js';
import { addressBytesMax, controlBytesMax, dataBytesMax, MessageHeader } from './library.js';
import { MessageQueue } from './message-queue.js';
import type { PacketRing } from './packet-ring.js';
import { messageBufferBytes, withProgramEnd, type PairType } from './pair.js';
import {
  ProgramSocket,
  type ProgramMessage,
  type Received,
  type SocketKind,
  type SocketWorld,
} from './program-socket.js';

const native = addon();
/** Messages a turn before others have theirs. */
const messagesMax = 256;
const showAgainNs = 100_000;
const NETLINK_SOCK_DIAG = 4;
const connectionless = new Set([AF_INET, AF_INET6]);

export class MessageSocket extends ProgramSocket {
  protected readonly programBytes = messageBufferBytes;
  protected readonly watched: number;
  protected readonly pairType: PairType;
  readonly #queue: MessageQueue;
  /** Nothing tells when the program closes its end of such a pair, but it can be given an error. */
  readonly #datagrams: boolean;
  /** A receive of nothing is the end, not an empty message. */
  readonly #ends: boolean;
  #pairFull = false;
  /** A message that the library had no room for, and who tells when it has. */
  #kept: { readonly address: number; readonly length: number } | undefined;
  #room: Watch | undefined;
  #peerEnded = false;
  #programGone = false;
  #again = false;
  /** An error that the program has not been told, or has: a datagram pair shows one in poll. */
  #error = 0;
  /**
   * It is in the queue of errors as well (IP_RECVERR). It comes a little later than Linux's own, often between two
   * messages that the program sends, and must not stop the second.
   */
  #isQueued = false;
  /** The pair has been given an error. */
  #raised = false;

  /** Where frames go instead of the pair, if the program wants that. */
  ring: PacketRing | undefined;

  constructor(world: SocketWorld, kind: SocketKind, fd: number) {
    super(world, kind, fd);
    const { family, type } = kind;
    this.#datagrams = connectionless.has(family) && (type === SOCK_DGRAM || type === SOCK_RAW);
    this.#ends = type !== SOCK_DGRAM && type !== SOCK_RAW;
    // Whether a connection has come about shows as room.
    this.watched = EPOLLIN | EPOLLERR | EPOLLHUP | EPOLLRDHUP | (this.#ends ? EPOLLOUT : 0);
    this.pairType = this.#datagrams ? SOCK_DGRAM : SOCK_SEQPACKET;
    this.#queue = new MessageQueue(world.library);
  }

  accepted(fd: number): MessageSocket {
    return new MessageSocket(this.world, this.kind, fd);
  }

  connect(call: Call, nameLength: number, nonBlocking: boolean): void {
    const { library } = this.world;
    const address = library.bytes(library.name, nameLength).slice();
    let begun = false;
    const attempt = (): boolean => {
      let result: number;
      if (begun) {
        result = this.#connectResult();
      } else {
        this.#toLibrary();
        library.bytes(library.name, address.length).set(address);
        result = library.call(library.nr.connect, this.fd, library.name, address.length);
      }
      begun = true;
      const waits = result === -errno.EINPROGRESS || result === -errno.EALREADY;
      if (waits && !nonBlocking) return false;
      if (result < 0) call.fail(-result);
      else call.answer(0);
      return true;
    };
    this.senders.start(call, attempt, {
      timeoutNs: this.sendTimeoutNs,
      timedOut: () => void call.fail(errno.EINPROGRESS),
    });
  }

  /** How a connect that has begun has ended, or EINPROGRESS: not all families say so when it is repeated. */
  #connectResult(): number {
    const { library } = this.world;
    const events = library.poll(this.fd, EPOLLOUT);
    if ((events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) === 0) return -errno.EINPROGRESS;
    const error = library.getOption(this.fd, SOL_SOCKET, SO_ERROR);
    return error > 0 ? -error : 0;
  }

  // Pumps

  protected onPair(events: number): void {
    if ((events & EPOLLHUP) !== 0 && !this.#datagrams && this.pair.isGone) this.#programGone = true;
    if ((events & EPOLLOUT) !== 0 && this.#pairFull) {
      this.#pairFull = false;
      this.pair.awaitRoom(false);
      this.#toProgram();
    }
    if (!this.closed) this.#toLibrary();
  }

  protected onLibrary(events: number): void {
    if (this.listening !== undefined) this.listening.pump();
    this.receivers.retry();
    if (this.#ends) this.senders.retry();
    this.#toProgram();
    if ((events === 0 || (events & EPOLLERR) !== 0) && this.#datagrams) this.#showErrors();
  }

  pump(): void {
    if (this.listening !== undefined) this.listening.pump();
    this.#toProgram();
    if (!this.closed) this.#toLibrary();
  }

  /** What the program has written by itself goes out before what it asks for now: with the options of then. */
  settle(): void {
    if (!this.closed) this.#toLibrary();
  }

  override adjust(lengthBytes: number): void {
    const { family, protocol } = this.kind;
    if (family !== AF_NETLINK || protocol !== NETLINK_SOCK_DIAG) return;
    const { library, table } = this.world;
    const { inodes } = table;
    renumberMessages(library.bytes(library.data, lengthBytes), inodes);
  }

  override endIfGone(): void {
    if (!this.#datagrams || this.closed || this.pair.alive) return;
    this.#toLibrary();
    this.close();
  }

  override get needsSweeping(): boolean {
    return this.#datagrams;
  }

  #toProgram(): void {
    if (this.ring !== undefined) {
      this.ring.pump();
      return;
    }
    const {
      library,
      library: { nr, header },
    } = this.world;
    for (let count = 0; !this.#pairFull && !this.#peerEnded; count++) {
      if (!this.#hasRoom()) return;
      if (count === messagesMax) {
        this.#goOnLater();
        return;
      }
      let room = dataBytesMax;
      if (this.kind.family === AF_NETLINK) {
        // Netlink makes its dumps as large as the largest buffer that it has seen.
        const flags = MSG_PEEK | MSG_TRUNC | MSG_DONTWAIT;
        room = library.call(nr.recvfrom, this.fd, library.data, 0, flags, 0, 0);
      }
      if (room >= 0) library.layOut(addressBytesMax, room, controlBytesMax);
      const length =
        room < 0 ? room : library.call(nr.recvmsg, this.fd, header, MSG_DONTWAIT | MSG_TRUNC);
      if (length < 0) {
        this.#receiveFailed(-length);
        return;
      }
      const nameLength = library.getU32(header + MessageHeader.nameLength);
      if (length === 0 && this.#ends && nameLength === 0) {
        this.#peerEnded = true;
        this.pair.shutdown(SHUT_WR);
        return;
      }
      if (!this.#give(Math.min(length, room), nameLength)) return;
    }
  }

  #give(length: number, nameLength: number): boolean {
    const {
      library,
      library: { header },
      charges,
    } = this.world;
    this.adjust(length);
    const sent = this.pair.send(library.data, length);
    if (sent === -errno.EPIPE || sent === -errno.ECONNREFUSED || sent === -errno.ECONNRESET) {
      this.close();
      return false;
    }
    // What does not fit is lost, as where a buffer overflows.
    if (sent < 0) return true;
    const controlLength = library.getU64(header + MessageHeader.controlLength);
    const flags = library.getU32(header + MessageHeader.flags);
    this.#queue.push(charges.of(length), nameLength, controlLength, flags);
    return true;
  }

  #hasRoom(): boolean {
    if (this.#queue.chargedBytes <= messageBufferBytes) return true;
    this.#queue.trim(this.pair.queuedBytes);
    if (this.#queue.chargedBytes <= messageBufferBytes) return true;
    this.#pairFull = true;
    this.pair.awaitRoom(true);
    return false;
  }

  #receiveFailed(error: number): void {
    if (error === errno.EAGAIN || error === errno.ENOTCONN || error === errno.EINVAL) return;
    this.#raise(error);
  }

  #toLibrary(): void {
    if (this.#kept !== undefined) return;
    const {
      library,
      library: { nr, data },
    } = this.world;
    for (let count = 0; ; count++) {
      if (count === messagesMax) {
        this.#goOnLater();
        return;
      }
      const length = this.pair.receive(data, dataBytesMax);
      if (length < 0 || (length === 0 && !this.#datagrams)) break;
      let sent = library.call(nr.sendto, this.fd, data, length, sendFlags, 0, 0);
      let error = 0;
      if (sent < 0 && sent !== -errno.EAGAIN && this.#datagrams) {
        // It may be what came of an earlier message: the program hears of that, and this one goes out.
        error = -sent;
        sent = library.call(nr.sendto, this.fd, data, length, sendFlags, 0, 0);
      }
      if (sent === -errno.EAGAIN) this.#keep(length);
      else if (sent < 0) error = -sent;
      if (error !== 0) this.#raise(error);
      if (this.closed || sent === -errno.EAGAIN) return;
    }
    if (this.#programGone) this.close();
  }

  /** The library has no room for a message: it waits here. */
  #keep(length: number): void {
    const { library } = this.world;
    const kept = { address: library.allocate(Math.max(1, length)), length };
    library.copy(kept.address, library.data, length);
    this.#kept = kept;
    this.#room = library.watch(this.fd, EPOLLOUT, () => {
      const sent = library.call(library.nr.sendto, this.fd, kept.address, length, sendFlags, 0, 0);
      if (sent === -errno.EAGAIN) return;
      this.#dropKept();
      if (sent < 0) this.#raise(-sent);
      if (this.closed) return;
      this.#toLibrary();
      this.senders.retry();
    });
  }

  #dropKept(): void {
    this.#room?.end();
    this.#room = undefined;
    if (this.#kept !== undefined) this.world.library.free(this.#kept.address);
    this.#kept = undefined;
  }

  #goOnLater(): void {
    if (this.#again) return;
    this.#again = true;
    const { time } = this.world;
    time.at(time.nowNs(), () => {
      this.#again = false;
      if (!this.closed) this.pump();
    });
  }

  // Errors

  /** An error that the program's next call is to see. */
  #raise(error: number): void {
    if (this.#datagrams) {
      this.#error = error;
      this.#isQueued = (this.world.library.poll(this.fd, 0) & EPOLLERR) !== 0;
      this.#showInPair();
    } else if (this.pair.send(this.world.library.data, 0) === 0) {
      this.#queue.push(this.world.charges.of(0), 0, 0, 0, error);
    }
    this.receivers.retry();
  }

  #showInPair(): void {
    if (this.#raised) return;
    this.#raised = true;
    // An error throws away what the program has sent and the pair still has.
    this.#toLibrary();
    if (!this.closed) this.pair.raise();
  }

  /** There may be something in the library's queue of errors, of which poll is to say POLLERR. */
  #showErrors(): void {
    if (this.closed || this.#raised) return;
    if ((this.world.library.poll(this.fd, 0) & EPOLLERR) !== 0) this.#showInPair();
  }

  /** What is in the queue of errors shows again, but not in this call, which still goes on. */
  #showErrorsSoon(delayNs = 0): void {
    const { time } = this.world;
    time.at(time.nowNs() + delayNs, () => {
      this.#showErrors();
    });
  }

  /** Takes the error out of the pair; 0 if the program has done so. `programFd` is the program's end, borrowed. */
  #lower(programFd: number): number {
    if (!this.#raised) return 0;
    this.#raised = false;
    return native.pairTakeError(programFd);
  }

  takeError(programFd: number): number {
    // The program may have seen it already in a read or write of its own.
    if (this.#raised && this.#lower(programFd) === 0) this.#error = 0;
    const error = this.#error;
    this.#error = 0;
    this.#showErrorsSoon();
    return -error;
  }

  seenError(programFd: number, sends: boolean): number {
    if (!this.#datagrams) return errno.ECONNRESET;
    this.#lower(programFd);
    const error = sends && this.#isQueued ? 0 : this.#error;
    if (error !== 0) this.#error = 0;
    // The program makes its call once more.
    this.#showErrorsSoon(showAgainNs);
    return error;
  }

  // The calls

  send(call: Call, message: ProgramMessage, flags: number, sent: number): number {
    this.#toLibrary();
    if (this.closed) return -errno.EBADF;
    if (this.#kept !== undefined) return -errno.EAGAIN;
    if (this.#error !== 0 && !this.#isQueued) {
      const error = withProgramEnd(call, (fd) => this.takeError(fd));
      if (error !== 0) return error;
    }
    return sendDirectly(this, call, message, flags, sent);
  }

  receive(call: Call, message: ProgramMessage, flags: number): Received | number {
    if ((flags & MSG_ERRQUEUE) !== 0) return this.#receiveError(call, message, flags);
    if (this.#raised) {
      const error = withProgramEnd(call, (fd) => this.takeError(fd));
      if (error !== 0) return error;
    }
    if (this.#queue.count > 0) this.#queue.trim(this.pair.queuedBytes);
    if (this.#queue.count === 0) return receiveDirectly(this, call, message, flags);
    return withProgramEnd(call, (fd) => this.#takeFromPair(fd, call, message, flags));
  }

  #takeFromPair(fd: number, call: Call, message: ProgramMessage, flags: number): Received | number {
    const { library } = this.world;
    const peeks = (flags & MSG_PEEK) !== 0;
    const passed = MSG_DONTWAIT | MSG_TRUNC | (peeks ? MSG_PEEK : 0);
    const length = native.receiveMemory(fd, library.data, dataBytesMax, passed);
    // Another thread was faster.
    if (length < 0) return length;
    const error = this.#queue.firstError;
    if (error !== 0) {
      if (!peeks) this.#queue.drop();
      return -error;
    }
    const there = Math.min(length, message.total);
    if (there > 0) call.writeVector(message.segments, library.bytes(library.data, there));
    const received = this.#queue.describe((flags & MSG_TRUNC) !== 0 ? length : there);
    if (!peeks) this.#queue.drop();
    return there < length ? { ...received, flags: received.flags | MSG_TRUNC } : received;
  }

  #receiveError(call: Call, message: ProgramMessage, flags: number): Received | number {
    const received = receiveDirectly(this, call, message, flags);
    if (this.#datagrams && this.#raised) {
      withProgramEnd(call, (fd) => {
        const error = this.#error;
        this.#lower(fd);
        const more = (this.world.library.poll(this.fd, 0) & EPOLLERR) !== 0;
        this.#error = more ? error : 0;
      });
      this.#showErrorsSoon();
    }
    return received;
  }

  shutdown(how: number, programFd: number): number {
    this.#toLibrary();
    const { library } = this.world;
    const result = library.call(library.nr.shutdown, this.fd, how);
    if (result < 0) return result;
    if (this.listening !== undefined && how !== SHUT_WR) this.listening.ended = true;
    this.pair.shutDownProgram(programFd, how);
    this.senders.retry();
    this.receivers.retry();
    return result;
  }

  override close(options: { readonly reset?: boolean } = {}): void {
    this.ring?.close();
    this.#dropKept();
    this.#queue.release();
    super.close(options);
  }
}

const sendFlags = MSG_DONTWAIT | MSG_NOSIGNAL;
