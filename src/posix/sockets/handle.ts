// SPDX-License-Identifier: GPL-2.0-only
/**
 * What all comfortable sockets have: a process, a descriptor, options, an end. They own their descriptor; `using`
 * or `close` ends it, and closing twice is harmless.
 */
import { SOCK_CLOEXEC } from '../constants/socket.js';
import { errno, SystemError } from '../errno.js';
import type { Process } from '../process/process.js';
import type { SocketOption } from '../socket-options.js';

/** What all sockets as objects have: a process, a descriptor, options, an end. `using` or `close` ends it. */
export class SocketHandle {
  readonly process: Process;
  readonly #fd: number;
  #closed = false;

  constructor(process: Process, fd: number) {
    this.process = process;
    this.#fd = fd;
  }

  /** For calls of the process that have no method here. */
  get fd(): number {
    if (this.#closed) throw new SystemError(errno.EBADF, 'fd', { detail: 'the socket is closed' });
    return this.#fd;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** getsockopt(2), with the value as the option has it. */
  getOption<T, U>(option: SocketOption<T, U>): U {
    return this.process.getOption(this.fd, option);
  }

  /** setsockopt(2), with the value as the option has it. */
  setOption<T, U>(option: SocketOption<T, U>, value: T): void {
    this.process.setOption(this.fd, option, value);
  }

  /** Calls that wait on it end with EBADF. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (!this.process.exited) this.process.close(this.#fd);
  }

  /** As `close`, and waits as long as SO_LINGER says. */
  async closeGracefully(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    if (!this.process.exited) await this.process.closeAsync(this.#fd);
  }

  /** `close`. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** `close`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.closeGracefully();
  }
}

/** Makes a descriptor and gives it to `use`; a failure there does not leak it. */
export async function withSocket<T>(
  process: Process,
  [family, type, protocol = 0]: readonly [family: number, type: number, protocol?: number],
  use: (fd: number) => T | Promise<T>,
): Promise<T> {
  const fd = process.socket(family, type | SOCK_CLOEXEC, protocol);
  try {
    return await use(fd);
  } catch (error) {
    if (!process.exited) process.close(fd);
    throw error;
  }
}

/** As `withSocket`, for what does not wait. */
export function withSocketSync<T>(
  process: Process,
  [family, type, protocol = 0]: readonly [family: number, type: number, protocol?: number],
  use: (fd: number) => T,
): T {
  const fd = process.socket(family, type | SOCK_CLOEXEC, protocol);
  try {
    return use(fd);
  } catch (error) {
    process.close(fd);
    throw error;
  }
}

/** The items that `next` gives until the socket is closed, which ends the loop and is no error in it. */
export async function* untilClosed<T>(
  handle: SocketHandle,
  next: () => Promise<T>,
): AsyncGenerator<T, void, void> {
  // A call: what is awaited below may close it.
  const closed = (): boolean => handle.closed;
  while (!closed()) {
    let item: T;
    try {
      item = await next();
    } catch (error) {
      if (closed()) return;
      throw error;
    }
    yield item;
  }
}
