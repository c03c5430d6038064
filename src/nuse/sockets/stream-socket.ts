// SPDX-License-Identifier: GPL-2.0-only

/**
 * Sockets of bytes: TCP, MPTCP and their like. Two pumps move bytes between the library and the pair, as many as
 * either takes, through one buffer in kernel memory. The last byte that the program wrote stays unread in the
 * pair, though it has been sent: when the broker closes its end then, Linux tells the program ECONNRESET, as after
 * a reset. (Not while the program's buffer is the smallest: the memory of that byte's message would fill it.)
 */
import {
  EPOLLERR,
  EPOLLHUP,
  EPOLLIN,
  EPOLLOUT,
  EPOLLPRI,
  EPOLLRDHUP,
  errno,
  F_GETFL,
  F_SETOWN,
  MSG_DONTWAIT,
  MSG_ERRQUEUE,
  MSG_NOSIGNAL,
  MSG_OOB,
  MSG_PEEK,
  O_NONBLOCK,
  SHUT_RD,
  SHUT_RDWR,
  SHUT_WR,
  SOCK_STREAM,
} from '../../posix/index.js';
import { addon } from '../../addon/addon.js';
import type { Call } from '../call.js';
import { receiveDirectly, sendDirectly } from './direct.js';
import { Leftover } from './leftover.js';
import { passUrgent, sendIntoPair, takeBytes } from './stream-bytes.js';
import { smallestBufferBytes, streamBufferBytes, withProgramEnd } from './pair.js';
import {
  ProgramSocket,
  type ProgramMessage,
  type Received,
  type SocketKind,
  type SocketWorld,
} from './program-socket.js';

const native = addon();
const stepBytes = 256 * 1024;
/** Steps before others have their turn. */
const stepsMax = 16;
/** The pair is asked what is left in it when so much has gone into it. */
const pairBytesMax = streamBufferBytes / 2;
const progress = EPOLLIN | EPOLLOUT | EPOLLPRI | EPOLLRDHUP | EPOLLERR | EPOLLHUP;

type Phase =
  /** Not connected. */
  | 'fresh'
  /** A connect that does not block goes on; the pair is full. */
  | 'connecting'
  /** Bytes move. */
  | 'open'
  /** The pair is gone: the program has been told of a reset or refusal. */
  | 'dead';

export class StreamSocket extends ProgramSocket {
  protected readonly pairType = SOCK_STREAM;
  protected readonly watched = progress;
  #phase: Phase;
  /** SO_SNDBUF of the program's end is what an open connection has. */
  #large: boolean;
  /** At most so much of what was put into the pair is in it yet. */
  #inPairBytes = 0;
  /** How many bytes at the head of the pair have been sent: 0 or 1. */
  #held = 1;
  #pairFull = false;
  #libraryFull = false;
  /** The peer has ended its side, and the program has been told. */
  #peerEnded = false;
  /** The program wants to end its side when what it has written has gone. */
  #endWanted = false;
  /** It has ended its side. */
  #ownEnd = false;
  #programGone = false;
  /** Bytes came that no program has read, nor will. */
  #lost = false;
  #urgent = false;
  readonly #leftover: Leftover;
  /** What ended the connection: for SO_ERROR, and for the next call. */
  error = 0;
  /** SO_OOBINLINE, which the program's end has. */
  urgentInline = false;
  #again = false;

  constructor(world: SocketWorld, kind: SocketKind, fd: number, phase: 'fresh' | 'open' = 'fresh') {
    super(world, kind, fd);
    this.#leftover = new Leftover(world.library);
    this.#phase = phase;
    this.#large = phase === 'open';
    world.library.call(world.library.nr.fcntl, fd, F_SETOWN, world.library.process.pid);
  }

  get programBytes(): number {
    return this.#large ? streamBufferBytes : smallestBufferBytes;
  }

  accepted(fd: number): StreamSocket {
    return new StreamSocket(this.world, this.kind, fd, 'open');
  }

  /** Gives the program's end its full buffer once that is wanted; `programFd` is that end, borrowed. */
  enlarge(programFd: number): void {
    if (this.#large || this.#phase !== 'open') return;
    this.#large = true;
    native.pairSendBuffer(programFd, streamBufferBytes);
  }

  override get breaksByItself(): boolean {
    return this.#phase === 'dead' || this.#ownEnd;
  }

  /** What the program has written and the library does not have yet. */
  get unsentBytes(): number {
    return this.#phase === 'open' ? Math.max(0, this.pair.waitingBytes - this.#held) : 0;
  }

  get wantsEnlarging(): boolean {
    return !this.#large && this.#phase === 'open';
  }

  markUrgent(): void {
    this.#urgent = true;
  }

  connect(call: Call, nameLength: number, nonBlocking: boolean): void {
    const { library } = this.world;
    const address = library.bytes(library.name, nameLength).slice();
    const attempt = (): boolean => {
      library.bytes(library.name, address.length).set(address);
      const result = library.call(library.nr.connect, this.fd, library.name, address.length);
      const waits = result === -errno.EINPROGRESS || result === -errno.EALREADY;
      if (this.#phase === 'dead' && (waits || result === 0)) this.#revive(call);
      if (waits && this.#phase === 'fresh') this.#beginConnecting(call);
      if (waits && !nonBlocking) return false;
      if (result === 0) this.#connected(call);
      else if (!waits && this.#phase === 'connecting' && !nonBlocking) this.#notConnected();
      if (result < 0) call.fail(-result);
      else call.answer(0);
      return true;
    };
    this.senders.start(call, attempt, {
      timeoutNs: this.sendTimeoutNs,
      timedOut: () => void call.fail(errno.EINPROGRESS),
    });
  }

  #beginConnecting(call: Call): void {
    withProgramEnd(call, (fd) => native.pairFill(fd));
    this.#phase = 'connecting';
  }

  /** The call itself has told the program that it failed: its pair is as before. */
  #notConnected(): void {
    this.#unfill();
    this.#phase = 'fresh';
  }

  /** Takes out what made the program's end unwritable, but for the byte that is held. */
  #unfill(): void {
    const filled = this.pair.waitingBytes - 1;
    if (filled > 0) this.pair.discard(filled);
    this.#held = 1;
  }

  /** What the program had was reset by a connect that failed: it gets a new pair in its place. */
  #revive(call: Call): void {
    const statusFlags = withProgramEnd(call, (fd) => native.fcntl(fd, F_GETFL, 0));
    this.#phase = 'fresh';
    this.#large = false;
    this.#inPairBytes = 0;
    this.#held = 1;
    this.#pairFull = this.#libraryFull = false;
    const { programFd } = this.openPair((statusFlags & O_NONBLOCK) !== 0);
    try {
      call.addFd(programFd, { at: call.int(0) });
    } finally {
      native.close(programFd);
    }
  }

  /** `call` is the connect that has just succeeded, where there is one. */
  #connected(call?: Call): void {
    if (this.#phase === 'open' || this.#phase === 'dead') return;
    const full = this.#phase === 'connecting';
    this.#phase = 'open';
    if (full) this.#unfill();
    if (call !== undefined) withProgramEnd(call, (fd) => this.enlarge(fd));
    this.pump();
  }

  #whileConnecting(): void {
    if (this.#phase !== 'connecting') return;
    const events = this.world.library.poll(this.fd, EPOLLOUT | EPOLLIN);
    if ((events & (EPOLLERR | EPOLLHUP)) !== 0) this.#bury();
    else if ((events & EPOLLOUT) !== 0) this.#connected();
  }

  // Pumps

  protected onPair(events: number): void {
    if ((events & EPOLLHUP) !== 0 && this.pair.isGone) this.#programGone = true;
    if ((events & EPOLLOUT) !== 0 && this.#pairFull) {
      this.#pairFull = false;
      this.pair.awaitRoom(false);
      this.#inPairBytes = Infinity;
      this.#toProgram(true);
    }
    if (this.#programGone && this.#phase !== 'open') this.close();
    else this.#toLibrary();
  }

  protected onLibrary(events: number): void {
    if (this.listening !== undefined) {
      this.listening.pump();
      return;
    }
    // A call that waits for it learns how it ended, and nothing else may, unless a signal has interrupted that call.
    if (this.#phase === 'connecting') this.senders.retry();
    if (this.senders.size === 0) this.#whileConnecting();
    if (this.#phase === 'open') {
      if (this.#libraryFull && (events === 0 || (events & ~EPOLLIN) !== 0)) {
        this.#libraryFull = false;
        this.#toLibrary();
      }
      if (this.#peerEnded) this.#checkBroken();
      else this.#toProgram(false);
    }
    this.senders.retry();
  }

  pump(): void {
    if (this.listening !== undefined) this.listening.pump();
    if (this.#phase !== 'open') return;
    this.#toProgram(true);
    this.#toLibrary();
  }

  /** From the library to the program. `wholly`: until there is no more, for no wake-up may come for it. */
  #toProgram(wholly: boolean): void {
    if (this.#pairFull || this.#peerEnded || this.#phase !== 'open') return;
    const { library } = this.world;
    const { nr, data } = library;
    library.takeSignals();
    for (let step = 0; ; step++) {
      if (!this.#leftover.send(this.pair)) {
        this.#awaitRoom();
        break;
      }
      if (!this.#hasRoom()) break;
      if (step === stepsMax) {
        this.#goOnLater();
        break;
      }
      const urgent = this.#urgent;
      if (urgent) this.#urgent = passUrgent(library, this.fd, this.pair);
      const length = library.call(nr.recvfrom, this.fd, data, stepBytes, MSG_DONTWAIT);
      if (length <= 0) {
        this.#ended(length);
        break;
      }
      this.#give(length);
      if (length < stepBytes && !wholly && !urgent) break;
    }
    this.receivers.retry();
  }

  /** After its end, a peer can still say that it does not listen any more. */
  #checkBroken(): void {
    if ((this.world.library.poll(this.fd, 0) & EPOLLERR) !== 0) this.#bury();
  }

  /** Room in the pair for a whole step; the program has taken enough, or an event will tell. */
  #hasRoom(): boolean {
    if (this.#inPairBytes <= pairBytesMax) return true;
    this.#inPairBytes = this.pair.queuedBytes;
    if (this.#inPairBytes <= pairBytesMax) return true;
    this.#awaitRoom();
    return false;
  }

  #give(length: number): void {
    const { library } = this.world;
    const sent = this.pair.send(library.data, length);
    // A small message takes far more memory than its bytes.
    this.#inPairBytes += length + 1024;
    if (sent === length) return;
    if (sent < 0 && sent !== -errno.EAGAIN) {
      // It has closed its end just now.
      this.#lost = true;
      return;
    }
    const done = Math.max(0, sent);
    this.#leftover.keep(library.data + done, length - done);
  }

  #awaitRoom(): void {
    this.#pairFull = true;
    this.pair.awaitRoom(true);
  }

  #ended(result: number): void {
    if (result === -errno.EAGAIN) return;
    if (result === 0) {
      this.#peerEnded = true;
      this.pair.shutdown(SHUT_WR);
    } else if (result !== -errno.ENOTCONN) {
      this.error = -result;
      this.#bury();
    }
  }

  /** From the program to the library. */
  #toLibrary(): void {
    if (this.#libraryFull || this.#phase !== 'open' || this.closed) return;
    const { library } = this.world;
    const { nr, data } = library;
    let moved = false;
    for (let step = 0; ; step++) {
      const held = this.#held;
      const length = this.pair.receive(data, stepBytes + held, MSG_PEEK) - held;
      if (length <= 0) {
        this.#allWritten();
        break;
      }
      if (step === stepsMax) {
        this.#goOnLater();
        break;
      }
      const flags = MSG_DONTWAIT | MSG_NOSIGNAL;
      const sent = library.call(nr.sendto, this.fd, data + held, length, flags, 0, 0);
      if (sent > 0) {
        moved = true;
        this.#held = this.#large ? 1 : 0;
        this.pair.discard(held + sent - this.#held);
      } else if (sent !== -errno.EAGAIN) {
        this.#sendFailed(-sent);
        break;
      }
      if (sent < length) {
        this.#libraryFull = true;
        break;
      }
      // An event comes for what the program writes from here on.
      if (length < stepBytes && !this.#programGone && !this.#endWanted) break;
    }
    if (moved) this.senders.retry();
  }

  /** Nothing of the program's is left in the pair. */
  #allWritten(): void {
    if (this.#programGone) {
      // With data that it had not read, the program's close resets the connection.
      this.pair.discard(this.#held);
      const unread = this.pair.receive(this.world.library.data, 1) === -errno.ECONNRESET;
      this.close({ reset: unread || this.#lost });
    } else if (this.#endWanted) {
      this.#endWanted = false;
      const { library } = this.world;
      library.call(library.nr.shutdown, this.fd, SHUT_WR);
    }
  }

  #sendFailed(error: number): void {
    if (this.#programGone) {
      this.close();
      return;
    }
    // What the peer sent before is still the program's to read.
    if (!this.#pairFull) this.#toProgram(true);
    if (this.#phase !== 'open') return;
    this.error ||= error;
    this.#bury();
  }

  #goOnLater(): void {
    const { time } = this.world;
    if (this.#again) return;
    this.#again = true;
    time.at(time.nowNs(), () => {
      this.#again = false;
      if (!this.closed) this.pump();
    });
  }

  /** The connection is over by an error: the program reads what is left, then ECONNRESET, or the end if it was there. */
  #bury(): void {
    this.#phase = 'dead';
    this.#leftover.release();
    if (this.#peerEnded) this.pair.discard(this.pair.waitingBytes);
    this.pair.close();
    this.world.table.bury(this);
    this.receivers.retry();
    this.senders.retry();
  }

  // The calls

  send(call: Call, message: ProgramMessage, flags: number, sent: number): number {
    if (this.#phase === 'open') {
      this.#toLibrary();
      // What was written before goes first.
      if (this.#libraryFull) return this.#sendBehind(call, message, flags, sent);
    }
    if (this.error !== 0) return this.takeError();
    const result = sendDirectly(this, call, message, flags, sent);
    if (result === -errno.EAGAIN && this.#phase === 'open') {
      this.#libraryFull = true;
      return this.#sendBehind(call, message, flags, sent);
    }
    // Data with a connect (TCP Fast Open).
    if (this.#phase === 'fresh' && (result > 0 || result === -errno.EINPROGRESS)) {
      if (result > 0) this.#connected(call);
      else this.#beginConnecting(call);
    }
    return result;
  }

  /** Into the pair, as a plain write: poll then says rightly whether there is room. */
  #sendBehind(call: Call, message: ProgramMessage, flags: number, sent: number): number {
    const plain = message.controlLength === 0 && (flags & MSG_OOB) === 0;
    return plain ? sendIntoPair(this.world.library, call, message, sent) : -errno.EAGAIN;
  }

  receive(call: Call, message: ProgramMessage, flags: number): Received | number {
    if (this.#phase === 'fresh' || (flags & MSG_ERRQUEUE) !== 0) {
      return receiveDirectly(this, call, message, flags);
    }
    this.pump();
    return withProgramEnd(call, (programFd) => {
      const received = takeBytes(
        {
          library: this.world.library,
          programFd,
          ended: this.#peerEnded || this.#phase !== 'open',
        },
        call,
        message,
        flags,
      );
      return received === -errno.ECONNRESET ? this.takeError() || received : received;
    });
  }

  /** The error that ended the connection, once, as a negative errno; 0 for none. */
  takeError(_programFd?: number): number {
    const { error } = this;
    this.error = 0;
    return -error;
  }

  seenError(): number {
    return -this.takeError() || errno.ECONNRESET;
  }

  shutdown(how: number, programFd: number): number {
    const { library } = this.world;
    const { nr } = library;
    if (this.#phase !== 'open') {
      const result = library.call(nr.shutdown, this.fd, how);
      if (result >= 0 && this.listening !== undefined && how !== SHUT_WR) {
        this.listening.ended = true;
        this.pair.shutDownProgram(programFd, SHUT_RDWR);
        this.receivers.retry();
      }
      return result;
    }
    if (how < SHUT_RD || how > SHUT_RDWR) return -errno.EINVAL;
    this.#toLibrary();
    // Linux's own answer, unless what the program has written must go first.
    const later = how !== SHUT_RD && this.unsentBytes > 0;
    const result = later ? 0 : library.call(nr.shutdown, this.fd, how);
    if (result < 0) return result;
    if (how !== SHUT_RD) this.#ownEnd = true;
    if (later) this.#endWanted = true;
    if (later && how === SHUT_RDWR) library.call(nr.shutdown, this.fd, SHUT_RD);
    this.pair.shutDownProgram(programFd, how);
    this.#toLibrary();
    this.receivers.retry();
    return result;
  }

  override close(options: { readonly reset?: boolean } = {}): void {
    this.#leftover.release();
    super.close(options);
  }
}
