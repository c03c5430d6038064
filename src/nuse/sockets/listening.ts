// SPDX-License-Identifier: GPL-2.0-only

/**
 * Connections that have come and that no program has accepted. They are taken from the library as they come, and
 * each puts one byte into the listener's pair, so that poll and epoll (edge-triggered too) see it as on Linux.
 */
import { EPOLLIN, SO_LINGER, SOL_SOCKET } from '../../posix/index.js';
import { addon } from '../../addon/addon.js';
import { addressBytesMax, libraryFlags } from './library.js';
import type { ProgramSocket } from './program-socket.js';

export interface Arrived {
  readonly fd: number;
  /** The peer's address, as accept gives it. */
  readonly address: Uint8Array;
  /** Its byte is in the pair. */
  announced: boolean;
}

const native = addon();
const oneByte = new Uint8Array(1);
const MSG_DONTWAIT = 0x40;

export class Listening {
  /** As many are taken from the library; the rest waits there, and Linux refuses what is too many. */
  limit = 1;
  /** What came before is still there, but nobody listens any more. */
  ended = false;
  readonly #socket: ProgramSocket;
  #arrived: Arrived[] = [];

  constructor(socket: ProgramSocket) {
    this.#socket = socket;
  }

  /** Takes what has come: first for those that wait in accept, then for poll. */
  pump(): void {
    this.#fill();
    this.#socket.receivers.retry();
    this.#announce();
  }

  #fill(): void {
    while (this.#arrived.length < this.limit && this.#accept() >= 0);
  }

  #announce(): void {
    for (const arrived of this.#arrived) {
      if (arrived.announced) continue;
      // Without room there are so many bytes that one more would tell nobody anything.
      if (this.#socket.pair.send(this.#socket.world.library.data, 1) !== 1) break;
      arrived.announced = true;
    }
  }

  /** The next connection, or a negative errno. `programFd` is the listener in the program, borrowed. */
  take(borrow: () => number): Arrived | number {
    if (this.#arrived.length === 0) {
      const result = this.#accept();
      if (result < 0) return result;
    }
    // At the limit some may wait in the library, of which no wake-up will tell again.
    const full = this.#arrived.length >= this.limit;
    const next = this.#arrived[0]!;
    if (next.announced) this.#withdraw(borrow);
    this.#arrived.shift();
    if (full) {
      this.#fill();
      this.#announce();
    }
    return next;
  }

  /** It could not be handed over after all: the next one gets it. */
  putBack(arrived: Arrived): void {
    arrived.announced = false;
    this.#arrived.unshift(arrived);
    this.pump();
  }

  /** Linux resets what nobody has accepted. */
  close(): void {
    const { library } = this.#socket.world;
    for (const { fd } of this.#arrived) {
      library.setOption(fd, SOL_SOCKET, SO_LINGER, 1, 0);
      library.close(fd);
    }
    this.#arrived = [];
  }

  #withdraw(borrow: () => number): void {
    const fd = borrow();
    native.receive(fd, oneByte, 0, 1, MSG_DONTWAIT);
    native.close(fd);
  }

  #accept(): number {
    const { library } = this.#socket.world;
    library.setU32(library.length, addressBytesMax);
    const { nr, name, length } = library;
    const fd = library.call(nr.accept4, this.#socket.fd, name, length, libraryFlags);
    if (fd < 0) return fd;
    const size = Math.min(library.getU32(length), addressBytesMax);
    this.#arrived.push({ fd, address: library.bytes(name, size).slice(), announced: false });
    return fd;
  }
}

/** What wakes a listener. */
export const listenerEvents = EPOLLIN;
