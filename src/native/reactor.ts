// SPDX-License-Identifier: GPL-2.0-only

/**
 * Waits for many of the machine's descriptors at once, on Node.js's event loop: one epoll descriptor, whose events
 * come in batches. Everything on real time that has a descriptor (NICs, timers, programs' sockets) goes through one
 * reactor of its process, and what must happen once after each batch, such as running the kernels, through
 * `afterBatch`.
 */
import { SystemError } from '../posix/index.js';
import { addon } from '../addon/addon.js';
import type { ReactorHandle } from '../addon/binding/reactor.js';

/** Bits of `EPOLL*`: level-triggered unless EPOLLET is among them. HUP and ERR are always reported. */
export const EPOLLIN = 0x1;
export const EPOLLPRI = 0x2;
export const EPOLLOUT = 0x4;
export const EPOLLERR = 0x8;
export const EPOLLHUP = 0x10;
export const EPOLLRDHUP = 0x2000;
export const EPOLLET = 2 ** 31;

/** Told of EPOLL* events of a descriptor. */
export type ReadyCallback = (events: number) => void;

/** How a descriptor is watched. */
export interface WatchOptions {
  /** Default: true. False for what alone must not keep the process running. */
  readonly keepAlive?: boolean;
}

/** A descriptor that is watched. */
export interface Watch {
  /** The bits that it waits for now. */
  readonly events: number;
  /** Waits for other bits from now on; 0 pauses it: nothing is reported then, not even a hang-up. */
  setEvents(events: number): void;
  /**
   * Ends it; its callback is not called again, not for what came in the same batch either. Context: before the
   * descriptor is closed, for epoll goes on watching a file of which somebody else has a copy.
   */
  close(): void;
}

const batchMax = 256;
const wordsAnEvent = 3;
/** Batches before other parts of the event loop have their turn. */
const roundsMax = 32;
const EPOLL_CTL_ADD = 1;
const EPOLL_CTL_DEL = 2;
const EPOLL_CTL_MOD = 3;

/** Waits for many of the machine’s descriptors at once, on Node.js’s event loop. */
export class Reactor {
  readonly #addon = addon();
  readonly #events = new Uint32Array(batchMax * wordsAnEvent);
  readonly #handle: ReactorHandle;
  readonly #slots: (DescriptorWatch | undefined)[] = [];
  readonly #freeSlots: number[] = [];
  readonly #afterBatch: (() => void)[] = [];
  #generation = 0;
  #keepers = 0;
  #closed = false;

  constructor() {
    const handle = this.#addon.reactorCreate(roundsMax, this.#events, (count) =>
      this.#deliver(count),
    );
    if (typeof handle === 'number') throw new SystemError(handle, 'epoll_create1');
    this.#handle = handle;
  }

  /** Calls back whenever `fd` is ready for one of `events`. Throws EBADF, EPERM for a plain file, EEXIST. */
  watch(fd: number, events: number, callback: ReadyCallback, options: WatchOptions = {}): Watch {
    const slot = this.#freeSlots.pop() ?? this.#slots.length;
    const generation = this.#generation++ >>> 0;
    const keepAlive = options.keepAlive ?? true;
    const watch = new DescriptorWatch(
      {
        control: (operation, bits) =>
          this.#addon.reactorControl(this.#handle, operation, fd, bits, slot, generation),
        closed: () => {
          if (this.#closed) return;
          this.#slots[slot] = undefined;
          this.#freeSlots.push(slot);
          if (keepAlive) this.#keep(-1);
        },
      },
      generation,
      callback,
    );
    this.#slots[slot] = watch;
    if (keepAlive) this.#keep(1);
    try {
      watch.setEvents(events);
    } catch (error) {
      watch.close();
      throw error;
    }
    return watch;
  }

  /** Calls back once after each batch, in the order of these calls. */
  afterBatch(callback: () => void): Disposable {
    this.#afterBatch.push(callback);
    return {
      [Symbol.dispose]: () => {
        const at = this.#afterBatch.indexOf(callback);
        if (at >= 0) this.#afterBatch.splice(at, 1);
      },
    };
  }

  /** Ends every watch; descriptors stay their owners'. */
  close(): void {
    if (this.#closed) return;
    for (const watch of this.#slots) watch?.close();
    this.#closed = true;
    this.#addon.reactorClose(this.#handle);
  }

  #keep(change: number): void {
    const before = this.#keepers;
    this.#keepers += change;
    if (before === 0 || this.#keepers === 0) {
      this.#addon.reactorKeep(this.#handle, this.#keepers > 0 ? 1 : 0);
    }
  }

  #deliver(count: number): void {
    const events = this.#events;
    try {
      for (let i = 0; i < count; i++) {
        const at = i * wordsAnEvent;
        const watch = this.#slots[events[at]!];
        // Another one may have its slot by now, and a paused one wants nothing.
        if (!watch || watch.generation !== events[at + 1] || watch.events === 0) continue;
        watch.callback(events[at + 2]!);
      }
    } finally {
      for (const callback of this.#afterBatch) callback();
    }
  }
}

interface WatchOwner {
  /** epoll_ctl for this descriptor: 0 or -errno. */
  control(operation: number, events: number): number;
  closed(): void;
}

class DescriptorWatch implements Watch {
  readonly generation: number;
  readonly callback: ReadyCallback;
  readonly #owner: WatchOwner;
  #events = 0;
  #closed = false;

  constructor(owner: WatchOwner, generation: number, callback: ReadyCallback) {
    this.#owner = owner;
    this.generation = generation;
    this.callback = callback;
  }

  get events(): number {
    return this.#events;
  }

  setEvents(events: number): void {
    if (events === this.#events || this.#closed) return;
    let operation = EPOLL_CTL_MOD;
    if (this.#events === 0) operation = EPOLL_CTL_ADD;
    else if (events === 0) operation = EPOLL_CTL_DEL;
    const result = this.#owner.control(operation, events);
    if (result < 0) throw new SystemError(result, 'epoll_ctl');
    this.#events = events;
  }

  close(): void {
    if (this.#closed) return;
    // Fails only when the descriptor is closed already, and with it what it watched.
    if (this.#events !== 0) this.#owner.control(EPOLL_CTL_DEL, 0);
    this.#events = 0;
    this.#closed = true;
    this.#owner.closed();
  }
}
