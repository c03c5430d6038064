// SPDX-License-Identifier: GPL-2.0-only
/**
 * Who waits for which file. Linux reports a wake-up while it runs; it is recorded here and acted on when the
 * kernel is not running, in the order of the wake-ups. A waiter costs a map entry and a wait-queue entry until
 * it is woken.
 */
import { EPOLLERR, EPOLLHUP } from '../constants/poll.js';
import { SystemError } from '../errno.js';
import type { HostTime, KernelPort } from '../kernel-port.js';

export interface Watch {
  end(): void;
}

export class Waits {
  readonly #port: KernelPort;
  readonly #time: HostTime;
  readonly #callbacks = new Map<number, (events: number) => void>();
  readonly #hidden = new Set<() => void>();
  #progressScheduled = false;
  #woken: number[] = [];
  #scheduled = false;
  #lastCookie = 0;

  constructor(port: KernelPort, time: HostTime) {
    this.#port = port;
    this.#time = time;
    port.onWake = (cookie, events) => {
      // Two numbers a wake-up in one flat array: nothing else is allocated.
      this.#woken.push(cookie, events);
      if (!this.#scheduled) {
        this.#scheduled = true;
        time.defer(this.#dispatch);
      }
    };
  }

  /** How many files are watched. */
  get size(): number {
    return this.#callbacks.size;
  }

  /** Calls back at each wake-up until the watch ends. Throws what the kernel returns for a bad descriptor. */
  watch(task: number, fd: number, events: number, callback: (events: number) => void): Watch {
    const cookie = this.#freeCookie();
    const ready = this.#port.watch(task, fd, events, cookie);
    if (ready < 0) throw new SystemError(ready, 'poll');
    const wanted = events | EPOLLERR | EPOLLHUP;
    // A wake-up without a key may mean anything; one with a key is only for those that wait for it.
    this.#callbacks.set(cookie, (key) => {
      if (key === 0 || (key & wanted) !== 0) callback(key);
    });
    return {
      end: () => {
        if (this.#callbacks.delete(cookie)) this.#port.unwatch(cookie);
      },
    };
  }

  /** Calls back after calls that succeeded: for waits that no file’s poll shows, as for room at a unix listener. */
  watchProgress(callback: () => void): Watch {
    this.#hidden.add(callback);
    return { end: () => void this.#hidden.delete(callback) };
  }

  /** A call has succeeded or a process has ended: something may have become free. */
  progressed(): void {
    if (this.#hidden.size === 0 || this.#progressScheduled) return;
    this.#progressScheduled = true;
    this.#time.defer(() => {
      this.#progressScheduled = false;
      for (const callback of [...this.#hidden]) callback();
    });
  }

  #freeCookie(): number {
    do this.#lastCookie = (this.#lastCookie + 1) >>> 0 || 1;
    while (this.#callbacks.has(this.#lastCookie));
    return this.#lastCookie;
  }

  readonly #dispatch = (): void => {
    const woken = this.#woken;
    this.#woken = [];
    this.#scheduled = false;
    for (let i = 0; i < woken.length; i += 2) {
      this.#callbacks.get(woken[i]!)?.(woken[i + 1]!);
    }
  };

  get time(): HostTime {
    return this.#time;
  }
}
