// SPDX-License-Identifier: GPL-2.0-only

/**
 * A file of the library's that a program has open for writing: the program has one end of a pipe (of a socket pair
 * if it also reads), and each of its writes goes into the file. Linux has taken the write by then, so of an error a
 * program hears only if it asks, as the shim does (native/shim/settings.c).
 */
import { addon } from '../../addon/addon.js';
import { EPOLLIN, type Reactor, type Watch } from '../../native/reactor.js';
import { errno, O_DIRECT, O_NONBLOCK, O_RDWR, SystemError } from '../../posix/index.js';

const AF_UNIX = 1;
const SOCK_STREAM = 1;
const SHUT_WR = 1;
const F_SETFL = 4;

const buffer = new Uint8Array(65_536);

export interface WriteSinkOptions {
  readonly reactor: Reactor;
  /** What the program reads, if it opened the file for that too. */
  readonly content: Uint8Array | undefined;
  /** Once for each write; an errno, or 0. */
  readonly write: (bytes: Uint8Array) => number;
  /** The program has closed it. */
  readonly onClose: (sink: WriteSink) => void;
}

export class WriteSink {
  /** The program's end, which whoever gives it to the program closes afterwards. */
  readonly programFd: number;
  /** `st_ino` of the program's end. */
  readonly inode: number;
  #error = 0;
  readonly #fd: number;
  readonly #watch: Watch;
  readonly #options: WriteSinkOptions;
  #closed = false;

  constructor(options: WriteSinkOptions) {
    this.#options = options;
    [this.#fd, this.programFd] = options.content ? openPair(options.content) : openPipe();
    this.inode = addon().inode(this.programFd);
    this.#watch = options.reactor.watch(this.#fd, EPOLLIN, () => this.drain());
  }

  /** Takes all that has been written until now. */
  drain(): void {
    while (!this.#closed) {
      const length = addon().read(this.#fd, buffer, 0, buffer.length);
      if (length === -errno.EAGAIN) return;
      if (length <= 0) {
        this.close();
        return;
      }
      this.#error = this.#options.write(buffer.slice(0, length)) || this.#error;
    }
  }

  /** The last errno of a write, once; 0 for none. */
  takeError(): number {
    this.drain();
    const error = this.#error;
    this.#error = 0;
    return error;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#watch.close();
    addon().close(this.#fd);
    this.#options.onClose(this);
  }
}

/** In packets: two writes stay two. */
function openPipe(): [own: number, program: number] {
  const ends = new Int32Array(2);
  check(addon().pipe(O_DIRECT, ends), 'pipe2');
  check(addon().fcntl(ends[0]!, F_SETFL, O_NONBLOCK), 'fcntl');
  return [ends[0]!, ends[1]!];
}

function openPair(content: Uint8Array): [own: number, program: number] {
  const ends = new Int32Array(2);
  check(addon().socketPair(AF_UNIX, SOCK_STREAM, 0, ends), 'socketpair');
  const own = ends[0]!;
  check(addon().fcntl(own, F_SETFL, O_RDWR | O_NONBLOCK), 'fcntl');
  addon().send(own, content, 0, content.length, 0);
  addon().shutdown(own, SHUT_WR);
  return [own, ends[1]!];
}

function check(result: number, syscall: string): void {
  if (result < 0) throw new SystemError(result, syscall);
}
