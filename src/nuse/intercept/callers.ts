// SPDX-License-Identifier: GPL-2.0-only

/**
 * The processes that calls come from: which one a thread belongs to, and when one has ended. A process is known
 * from the first call that asks for it until it ends.
 */
import { addon } from '../../addon/addon.js';
import { EPOLLIN, type Reactor, type Watch } from '../../native/reactor.js';
import { errno, SystemError } from '../../posix/index.js';
import type { Caller } from '../call.js';

/** Of one process; beyond them it is asked anew which process a thread is in. */
const threadsMax = 1024;

export class Callers {
  readonly #reactor: Reactor;
  readonly #byPid = new Map<number, CallerProcess>();
  /** Which process a thread was in last: asked again each time, for numbers are used again. */
  readonly #pidOf = new Map<number, number>();

  constructor(reactor: Reactor) {
    this.#reactor = reactor;
  }

  /** How many processes are known and alive. */
  get size(): number {
    return this.#byPid.size;
  }

  /** Context: the thread waits for an answer. Throws ESRCH when it has gone. */
  of(tid: number): CallerProcess {
    const known = this.#byPid.get(this.#pidOf.get(tid) ?? -1);
    if (known && !known.exited && addon().processSignal(known.pid, tid, 0) === 0) return known;
    const pid = addon().processGroup(tid);
    if (pid < 0) throw new SystemError(pid, 'pidfd_open');
    const process = this.#byPid.get(pid) ?? this.#open(pid);
    // A server may have a new thread for each client.
    if (process.threads.size >= threadsMax) this.#forgetThreads(process);
    this.#pidOf.set(tid, pid);
    process.threads.add(tid);
    return process;
  }

  close(): void {
    for (const process of this.#byPid.values()) process.forget();
    this.#byPid.clear();
    this.#pidOf.clear();
  }

  #open(pid: number): CallerProcess {
    const fd = addon().processOpen(pid);
    if (fd < 0) throw new SystemError(fd === -errno.EINVAL ? errno.ESRCH : fd, 'pidfd_open');
    const process = new CallerProcess(pid, fd, this.#reactor, () => {
      this.#byPid.delete(pid);
      this.#forgetThreads(process);
    });
    this.#byPid.set(pid, process);
    return process;
  }

  #forgetThreads({ pid, threads }: CallerProcess): void {
    for (const tid of threads) if (this.#pidOf.get(tid) === pid) this.#pidOf.delete(tid);
    threads.clear();
  }
}

export class CallerProcess implements Caller {
  readonly pid: number;
  /** Those that have been asked for. */
  readonly threads = new Set<number>();
  /** Calls that wait for a later answer. */
  readonly calls = new Set<{ vanish(): void }>();
  readonly #watch: Watch;
  readonly #fd: number;
  readonly #callbacks = new Set<() => void>();
  #exited = false;

  constructor(pid: number, fd: number, reactor: Reactor, onExit: () => void) {
    this.pid = pid;
    this.#fd = fd;
    this.#watch = reactor.watch(fd, EPOLLIN, () => {
      this.forget();
      onExit();
      for (const call of this.calls) call.vanish();
      this.calls.clear();
      for (const callback of this.#callbacks) callback();
      this.#callbacks.clear();
    });
  }

  get exited(): boolean {
    return this.#exited;
  }

  onExit(callback: () => void): void {
    if (this.#exited) callback();
    else this.#callbacks.add(callback);
  }

  /** Watches it no longer. */
  forget(): void {
    if (this.#exited) return;
    this.#exited = true;
    this.#watch.close();
    addon().close(this.#fd);
  }
}
