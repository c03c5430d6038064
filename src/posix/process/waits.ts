// SPDX-License-Identifier: GPL-2.0-only
/**
 * Who waits for which file. Linux reports a wake-up while it runs; it is recorded here and acted on when the
 * kernel is not running, in the order of the wake-ups. A waiter costs a map entry and a wait-queue entry until
 * it is woken.
 */
import { EPOLLERR, EPOLLHUP } from '../constants/poll.js';
import { SystemError } from '../errno.js';
import type { HostTime, KernelPort } from '../kernel-port.js';

/** Tells of a file that becomes ready, until it is closed. */
export interface Watch {
  /** Tells of it no longer. */
  end(): void;
}

export interface WaitsState {
  readonly cookieCount: number;
  readonly freeCookies: readonly number[];
}

export class Waits {
  readonly #port: KernelPort;
  readonly #time: HostTime;
  readonly #callbacks = new Map<number, (events: number) => void>();
  readonly #hidden = new Set<() => void>();
  #progressScheduled = false;
  #woken: number[] = [];
  #scheduled = false;
  /** Cookies are small and used again: the kernel finds them in a tree as deep as they are large. */
  readonly #freeCookies: number[] = [];
  #cookieCount = 0;

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
    const cookie = this.#freeCookies.pop() ?? this.#cookieCount++;
    const ready = this.#port.watch(task, fd, events, cookie);
    if (ready < 0) {
      this.#freeCookies.push(cookie);
      throw new SystemError(ready, 'poll');
    }
    const wanted = events | EPOLLERR | EPOLLHUP;
    // A wake-up without a key may mean anything; one with a key is only for those that wait for it.
    this.#callbacks.set(cookie, (key) => {
      if (key === 0 || (key & wanted) !== 0) callback(key);
    });
    return {
      end: () => {
        if (!this.#callbacks.delete(cookie)) return;
        if (this.#port.death === undefined) this.#port.unwatch(cookie);
        // A wake-up that is recorded already may reach the cookie's next owner, who only tries once more.
        this.#freeCookies.push(cookie);
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

  readonly #dispatch = (): void => {
    const woken = this.#woken;
    this.#woken = [];
    this.#scheduled = false;
    for (let i = 0; i < woken.length; i += 2) {
      this.#callbacks.get(woken[i]!)?.(woken[i + 1]!);
    }
  };

  /** Cookies, in use and free. Context: nothing waits. */
  saveState(): WaitsState {
    return { cookieCount: this.#cookieCount, freeCookies: [...this.#freeCookies] };
  }

  /** What waited waits no more. */
  restoreState({ cookieCount, freeCookies }: WaitsState): void {
    this.#callbacks.clear();
    this.#hidden.clear();
    this.#woken = [];
    this.#cookieCount = cookieCount;
    this.#freeCookies.splice(0, this.#freeCookies.length, ...freeCookies);
  }

  get time(): HostTime {
    return this.#time;
  }
}
