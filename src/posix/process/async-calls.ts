// SPDX-License-Identifier: GPL-2.0-only
/**
 * The calls that wait, as promises: they resolve when Linux would have woken the task. `O_NONBLOCK` on the
 * descriptor makes them fail with EAGAIN as it does a real program’s; timeouts run on the host’s clock.
 */
import { IPPROTO_SCTP } from '../constants/ip.js';
import { CLOCK_MONOTONIC } from '../constants/process.js';
import { EPOLLIN, EPOLLOUT, EPOLLPRI, EPOLLRDHUP } from '../constants/poll.js';
import {
  AF_UNIX,
  MSG_WAITALL,
  SHUT_RDWR,
  SO_DOMAIN,
  SO_RCVTIMEO_NEW,
  SO_SNDTIMEO_NEW,
  SOL_SOCKET,
} from '../constants/socket.js';
import { errno, SystemError } from '../errno.js';
import { addressDetails, type SocketAddress } from '../socket-address.js';
import { socketOptions } from '../socket-options.js';
import { sock_timeval } from '../struct/socket.js';
import { integer, sourceOf, targetOf, type DataSource, type DataTarget } from './base.js';
import { isWaiting, wouldWait, type WaitOptions } from './blocking.js';
import type { HostBuffer } from './host-buffer.js';
import type { Received } from './message-calls.js';
import { signalMask, type EpollEvent, type PollEntry, type SelectSets } from './poll-calls.js';
import type { Accepted } from './socket-calls.js';
import { SystemCalls } from './system-calls.js';

/** A wait with an end. */
export interface TimedWaitOptions extends WaitOptions {
  /** Infinity or left out: for ever; 0: not at all. */
  readonly timeoutNs?: number | undefined;
  /** The signals blocked while it waits, in place of the process’s own, as ppoll, pselect and epoll_pwait have it. */
  readonly blockedSignals?: readonly number[] | undefined;
}

export const input = EPOLLIN | EPOLLPRI | EPOLLRDHUP;
/** States in which a close with SO_LINGER still waits: FIN_WAIT1, CLOSING, LAST_ACK. */
const closingStates: ReadonlySet<number> = new Set([4, 11, 9]);

export class AsyncCalls extends SystemCalls {
  /** read(2), which waits for data. */
  async readAsync(fd: number, buffer: DataTarget, options?: WaitOptions): Promise<number> {
    const target = targetOf(buffer);
    return this.check(
      await this.wait('read', fd, input, () => this.tryRead(fd, target), options),
      'read',
    );
  }

  /** All of the data, as a blocking write does; less when an error came after some. */
  async writeAsync(fd: number, data: DataSource, options?: WaitOptions): Promise<number> {
    const bytes = sourceOf(data);
    const attempt = (done: number): number => this.tryWrite(fd, bytes.subarray(done));
    return this.writeAll('write', fd, bytes.byteLength, attempt, options);
  }

  /** send(2), which waits for room. */
  async sendAsync(fd: number, data: DataSource, flags = 0, options?: WaitOptions): Promise<number> {
    const bytes = sourceOf(data);
    const attempt = (done: number): number => this.trySend(fd, bytes.subarray(done), flags);
    return this.writeAll('send', fd, bytes.byteLength, attempt, options);
  }

  /** sendto(2), which waits for room. */
  async sendtoAsync(
    fd: number,
    data: DataSource,
    flags: number,
    address: SocketAddress,
    options?: WaitOptions,
  ): Promise<number> {
    const bytes = sourceOf(data);
    const result = await this.wait(
      'sendto',
      fd,
      EPOLLOUT,
      () => this.trySend(fd, bytes, flags, address),
      options,
    );
    if (result < 0) throw this.failure(result, 'sendto', addressDetails(address));
    return result;
  }

  /** With MSG_WAITALL the whole buffer, unless the stream ends or fails. */
  async recvAsync(
    fd: number,
    buffer: DataTarget,
    flags = 0,
    options?: WaitOptions,
  ): Promise<number> {
    return (await this.receive('recv', fd, targetOf(buffer), flags, options)).length;
  }

  /** recvfrom(2), which waits for a message. */
  async recvfromAsync(
    fd: number,
    buffer: DataTarget,
    flags = 0,
    options?: WaitOptions,
  ): Promise<Received> {
    return this.receive('recvfrom', fd, targetOf(buffer), flags, options);
  }

  private async receive(
    name: string,
    fd: number,
    buffer: Uint8Array | HostBuffer,
    flags: number,
    options?: WaitOptions,
  ): Promise<Received> {
    integer(flags, 'flags');
    let done = 0;
    let address: SocketAddress | undefined;
    while (true) {
      const rest = done === 0 ? buffer : buffer.subarray(done);
      const attempt = (): number => {
        const result = this.tryReceive(fd, rest, flags);
        if (result >= 0) address = this.acceptedAddress();
        return result;
      };
      const result = await this.wait(name, fd, input, attempt, options);
      if (result < 0 && done === 0) throw this.failure(result, name);
      done += Math.max(0, result);
      // Linux ends a MSG_WAITALL that has something when it would have to wait; the rest is waited for here.
      const goesOn = (flags & MSG_WAITALL) !== 0 && result > 0 && done < buffer.byteLength;
      if (!goesOn || !this.isStream(fd)) return { length: done, address };
    }
  }

  /** accept4(2), which waits until somebody comes. */
  async acceptAsync(fd: number, flags = 0, options?: WaitOptions): Promise<Accepted> {
    let address: SocketAddress | undefined;
    const attempt = (): number => {
      const result = this.tryAccept(fd, flags);
      if (result >= 0) address = this.acceptedAddress();
      return result;
    };
    const accepted = await this.wait('accept', fd, EPOLLIN, attempt, options);
    return { fd: this.check(accepted, 'accept'), address };
  }

  /** Waits for the handshake, unless the socket is non-blocking (EINPROGRESS). */
  async connectAsync(fd: number, address: SocketAddress, options?: WaitOptions): Promise<void> {
    const first = this.tryConnect(fd, address);
    const again =
      isWaiting(first) && this.getOption(fd, socketOptions.protocol) === IPPROTO_SCTP
        ? () => this.#associateAgain(fd, address)
        : () => this.tryConnect(fd, address);
    const result = await this.blocking.run(
      {
        syscall: 'connect',
        first,
        run: again,
        files: [[fd, EPOLLOUT]],
        // Linux waits on the listener for room in its backlog.
        hidden: address.family === AF_UNIX,
        ...this.socketTimeout(fd, SO_SNDTIMEO_NEW, -errno.EINPROGRESS),
      },
      options,
    );
    this.check(result, 'connect', addressDetails(address));
  }

  /** What became of a connect() under way: TCP says it when asked again, SCTP would begin anew, or say that it is. */
  #associateAgain(fd: number, address: SocketAddress): number {
    const error = this.getOption(fd, socketOptions.error);
    if (error !== 0) return -error;
    const result = this.tryConnect(fd, address);
    if (result === -errno.EISCONN) return 0;
    return result === -errno.EALREADY ? wouldWait : result;
  }

  /** `revents` of each entry once one is ready, or all 0 when the time is over. */
  async pollAsync(
    entries: readonly PollEntry[],
    options: TimedWaitOptions = {},
  ): Promise<readonly number[]> {
    let revents: readonly number[] = entries.map(() => 0);
    const run = (): number => {
      const { result, ready } = this.tryPoll(entries);
      if (result > 0) revents = ready();
      return result;
    };
    const files = entries
      .filter(({ fd }) => fd >= 0)
      .map(({ fd, events }) => [fd, events] as const);
    await this.waitReady('poll', run, files, options);
    return revents;
  }

  /** select(2), which waits. */
  async selectAsync(
    sets: SelectSets,
    options: TimedWaitOptions = {},
  ): Promise<Required<SelectSets>> {
    let found: Required<SelectSets> = { read: [], write: [], except: [] };
    const run = (): number => {
      const { result, ready } = this.trySelect(sets);
      if (result > 0) found = ready();
      return result;
    };
    const files = [
      ...(sets.read ?? []).map((fd) => [fd, EPOLLIN | EPOLLRDHUP] as const),
      ...(sets.write ?? []).map((fd) => [fd, EPOLLOUT] as const),
      ...(sets.except ?? []).map((fd) => [fd, EPOLLPRI] as const),
    ];
    await this.waitReady('select', run, files, options);
    return found;
  }

  /** epoll_wait(2), which waits. */
  async epollWaitAsync(
    epoll: number,
    maximum = 64,
    options: TimedWaitOptions = {},
  ): Promise<readonly EpollEvent[]> {
    let found: readonly EpollEvent[] = [];
    const run = (): number => {
      const { result, events } = this.tryEpoll(epoll, maximum);
      if (result > 0) found = events();
      return result;
    };
    await this.waitReady('epoll_wait', run, [[epoll, EPOLLIN]], options);
    return found;
  }

  /** By the host’s clock; EINTR when a signal with a handler comes. */
  async nanosleep(durationNs: number, options?: WaitOptions): Promise<void> {
    if (!(durationNs >= 0)) throw new TypeError(`a duration is not negative, as ${durationNs} is`);
    await this.clockNanosleep(CLOCK_MONOTONIC, durationNs, false, options);
  }

  /** To a duration from now, or to a time of the clock. */
  async clockNanosleep(
    clock: number,
    timeNs: number,
    absolute: boolean,
    options?: WaitOptions,
  ): Promise<void> {
    const now = this.clockGettime(clock);
    const fromNow = absolute ? timeNs - (now.seconds * 1e9 + now.nanoseconds) : timeNs;
    await this.waitReady('nanosleep', () => 0, [], { ...options, timeoutNs: Math.max(0, fromNow) });
  }

  /** Splices as a blocking call does: waits for data in `from` or room in `to`. */
  async spliceAsync(
    from: number,
    to: number,
    length: number,
    flags = 0,
    options?: WaitOptions,
  ): Promise<number> {
    const result = await this.blocking.run(
      {
        syscall: 'splice',
        run: () => this.trySplice(from, to, length, { flags }),
        files: [
          [from, input],
          [to, EPOLLOUT],
        ],
      },
      options,
    );
    return this.check(result, 'splice');
  }

  /**
   * Closes; with SO_LINGER on a TCP socket, waits as Linux does for sent data to be acknowledged, at most the
   * linger time. The descriptor is gone when the promise resolves, whatever came.
   */
  async closeAsync(fd: number, options?: WaitOptions): Promise<void> {
    const lingerSeconds = this.lingerOf(fd);
    try {
      if (lingerSeconds !== undefined && lingerSeconds > 0)
        await this.drain(fd, lingerSeconds, options);
    } finally {
      if (!this.exited) this.close(fd);
    }
  }

  private lingerOf(fd: number): number | undefined {
    try {
      // Unread data makes close reset the connection: there is nothing to wait for.
      if (!this.isStream(fd) || this.bytesToRead(fd) > 0) return undefined;
      this.getpeername(fd);
      return this.getOption(fd, socketOptions.lingerSeconds);
    } catch (error) {
      // Not a socket, not connected, not TCP: an ordinary close, which also reports a bad descriptor.
      if (error instanceof SystemError) return undefined;
      throw error;
    }
  }

  private async drain(fd: number, seconds: number, options?: WaitOptions): Promise<void> {
    this.shutdown(fd, SHUT_RDWR);
    const run = (): number =>
      closingStates.has(this.getOption(fd, socketOptions.tcpInfo).tcpi_state) ? 0 : 1;
    await this.waitReady('close', run, [[fd, input | EPOLLOUT]], {
      ...options,
      timeoutNs: seconds * 1e9,
    });
  }

  /** One attempt that is repeated while Linux would wait for the file, within the socket’s own timeout. */
  protected wait(
    syscall: string,
    fd: number,
    events: number,
    run: () => number,
    options?: WaitOptions,
  ): Promise<number> {
    const aborted = options?.signal?.aborted === true;
    const first = aborted ? -errno.EINTR : run();
    if (!isWaiting(first) && !aborted) return Promise.resolve(first);
    const timeout = events === EPOLLOUT ? SO_SNDTIMEO_NEW : SO_RCVTIMEO_NEW;
    const limits = this.socketTimeout(fd, timeout, -errno.EAGAIN);
    // A unix datagram waits for room at its receiver.
    const hidden = events === EPOLLOUT && this.isUnix(fd);
    return this.blocking.run(
      { syscall, run, first, files: [[fd, events]], hidden, ...limits },
      options,
    );
  }

  private isUnix(fd: number): boolean {
    this.arena.reset();
    const at = this.arena.take(8);
    this.setInt(at + 4, 4);
    const result = this.syscall(this.nr.getsockopt, fd, SOL_SOCKET, SO_DOMAIN, at, at + 4);
    return result === 0 && this.intAt(at) === AF_UNIX;
  }

  /** SO_RCVTIMEO or SO_SNDTIMEO as a deadline; nothing where the descriptor is no socket or has none. */
  private socketTimeout(
    fd: number,
    name: number,
    timedOut: number,
  ): { deadlineNs?: number; timedOut?: number } {
    this.arena.reset();
    const at = this.arena.take(sock_timeval.sizeof(this.model) + 4);
    const length = at + sock_timeval.sizeof(this.model);
    this.setInt(length, sock_timeval.sizeof(this.model));
    if (this.syscall(this.nr.getsockopt, fd, SOL_SOCKET, name, at, length) < 0) return {};
    const { tv_sec, tv_usec } = this.load(sock_timeval, at);
    const deadlineNs = this.deadline(tv_sec * 1e9 + tv_usec * 1e3 || undefined);
    return deadlineNs === undefined ? {} : { deadlineNs, timedOut };
  }

  /** A call that answers 0 for “nothing yet”. */
  private async waitReady(
    syscall: string,
    run: () => number,
    files: readonly (readonly [number, number])[],
    { timeoutNs, signal, blockedSignals }: TimedWaitOptions,
  ): Promise<void> {
    const mask =
      blockedSignals === undefined ? undefined : this.swapSignalMask(signalMask(blockedSignals));
    try {
      // What the wait’s own mask lets through ends it, unless something is ready already.
      if (mask !== undefined && this.deliverSignals() > 0) {
        if (this.check(run(), syscall) > 0) return;
        throw new SystemError(errno.EINTR, syscall);
      }
      await this.waitUnmasked(syscall, run, files, { timeoutNs, signal });
    } finally {
      // Handlers run under the mask of the wait, as Linux runs them.
      if (mask !== undefined) this.deliverSignals();
      if (mask !== undefined && !this.exited) this.swapSignalMask(mask);
    }
  }

  private async waitUnmasked(
    syscall: string,
    run: () => number,
    files: readonly (readonly [number, number])[],
    { timeoutNs, signal }: TimedWaitOptions,
  ): Promise<void> {
    const deadlineNs = this.deadline(timeoutNs);
    const waitsAlso = (result: number): boolean => result === 0 && timeoutNs !== 0;
    const result = await this.blocking.run(
      { syscall, run, files, deadlineNs, timedOut: 0, restarts: false, waitsAlso },
      { signal },
    );
    this.check(result, syscall);
  }

  /** Attempts from where the last one ended until all `length` bytes are written. */
  protected async writeAll(
    name: string,
    fd: number,
    length: number,
    attempt: (done: number) => number,
    options?: WaitOptions,
  ): Promise<number> {
    let done = 0;
    do {
      const from = done;
      const result = await this.wait(name, fd, EPOLLOUT, () => attempt(from), options);
      if (result < 0) {
        if (done > 0) return done;
        throw this.failure(result, name);
      }
      done += result;
    } while (done < length);
    return done;
  }
}
