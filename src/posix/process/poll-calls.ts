// SPDX-License-Identifier: GPL-2.0-only
/**
 * Readiness and events: poll, select, epoll, eventfd, timerfd, signalfd, inotify. All are Linux’s own; the calls
 * here look without waiting, and the promises of async-calls wait.
 */
import { TFD_TIMER_ABSTIME } from '../constants/poll.js';
import { epoll_event, itimerspec, pollfd, signalfd_siginfo, timespec } from '../struct/files.js';
import type { ValueOf } from '../struct/layout.js';
import { descriptor, integer } from './base.js';
import { OptionCalls } from './option-calls.js';

/** A file, the events that are asked for, and those that are there: poll(2). */
export interface PollEntry {
  readonly fd: number;
  /** `POLL*`. */
  readonly events: number;
}
/** A file that is ready: epoll_wait(2). */
export interface EpollEvent {
  readonly events: number;
  /** What was given when the descriptor was added. */
  readonly data: number;
}
/** Descriptors by what is asked of them: select(2). */
export interface SelectSets {
  readonly read?: readonly number[];
  readonly write?: readonly number[];
  readonly except?: readonly number[];
}
/** When a timer expires, in nanoseconds: timerfd_settime(2). */
export interface TimerSetting {
  /** When it fires first; 0 disarms it. */
  readonly valueNs: number;
  /** Then every so often; 0: once. */
  readonly intervalNs: number;
}
/** What signalfd(2) tells of a signal. */
export type SignalInfo = ValueOf<typeof signalfd_siginfo>;

const fdSetBits = 1024;

export const toTimespec = (ns: number): ValueOf<typeof timespec> => ({
  tv_sec: Math.floor(ns / 1e9),
  tv_nsec: ns % 1e9,
});
export const fromTimespec = ({ tv_sec, tv_nsec }: ValueOf<typeof timespec>): number =>
  tv_sec * 1e9 + tv_nsec;

export class PollCalls extends OptionCalls {
  /** What is ready now: `revents` of each entry, in order. */
  poll(entries: readonly PollEntry[]): readonly number[] {
    const { result, ready } = this.tryPoll(entries);
    this.check(result, 'poll');
    return ready();
  }

  protected tryPoll(entries: readonly PollEntry[]): {
    result: number;
    ready: () => readonly number[];
  } {
    this.arena.reset();
    const size = pollfd.sizeof(this.model);
    const at = this.arena.take(size * entries.length);
    entries.forEach(({ fd, events }, i) =>
      this.fill(pollfd, at + i * size, {
        fd: descriptor(fd),
        events: (events << 16) >> 16,
        revents: 0,
      }),
    );
    const zero = this.store(timespec, { tv_sec: 0, tv_nsec: 0 });
    const result = this.syscall(this.nr.ppoll, at, entries.length, zero, 0, 0);
    return {
      result,
      ready: () => entries.map((_, i) => this.load(pollfd, at + i * size).revents & 0xffff),
    };
  }

  /** What of the sets is ready now. */
  select(sets: SelectSets): Required<SelectSets> {
    const { result, ready } = this.trySelect(sets);
    this.check(result, 'select');
    return ready();
  }

  protected trySelect(sets: SelectSets): { result: number; ready: () => Required<SelectSets> } {
    this.arena.reset();
    const { read = [], write = [], except = [] } = sets;
    const addresses = [read, write, except].map((fds) => (fds.length === 0 ? 0 : this.putSet(fds)));
    const zero = this.store(timespec, { tv_sec: 0, tv_nsec: 0 });
    const count = Math.max(-1, ...read, ...write, ...except) + 1;
    const result = this.syscall(
      this.nr.pselect6,
      count,
      addresses[0],
      addresses[1],
      addresses[2],
      zero,
      0,
    );
    return {
      result,
      ready: () => ({
        read: this.takeSet(read, addresses[0]!),
        write: this.takeSet(write, addresses[1]!),
        except: this.takeSet(except, addresses[2]!),
      }),
    };
  }

  private putSet(fds: readonly number[]): number {
    const at = this.arena.take(fdSetBits / 8);
    this.arena.zero(at, fdSetBits / 8);
    const { bytes, base } = this.memory;
    for (const fd of fds) {
      if (!Number.isInteger(fd) || fd < 0 || fd >= fdSetBits) {
        throw new TypeError(
          `select takes descriptors from 0 to ${fdSetBits - 1}, not ${String(fd)}`,
        );
      }
      bytes[at - base + (fd >> 3)]! |= 1 << (fd & 7);
    }
    return at;
  }

  private takeSet(fds: readonly number[], at: number): readonly number[] {
    const { bytes, base } = this.memory;
    return fds.filter((fd) => (bytes[at - base + (fd >> 3)]! & (1 << (fd & 7))) !== 0);
  }

  /** epoll_create1(2): the descriptor. */
  epollCreate(flags = 0): number {
    return this.check(
      this.syscall(this.nr.epoll_create1, integer(flags, 'flags')),
      'epoll_create1',
    );
  }

  /** `EPOLL_CTL_*`; `data` comes back with each event, the descriptor unless said. */
  epollControl(
    epoll: number,
    operation: number,
    fd: number,
    events = 0,
    data = Math.max(fd, 0),
  ): void {
    this.arena.reset();
    const at = this.store(epoll_event, { events: events >>> 0, data });
    this.check(
      this.syscall(
        this.nr.epoll_ctl,
        descriptor(epoll),
        integer(operation, 'an operation'),
        descriptor(fd),
        at,
      ),
      'epoll_ctl',
    );
  }

  /** The events that are there, up to `maximum`. */
  epollEvents(epoll: number, maximum = 64): readonly EpollEvent[] {
    const { result, events } = this.tryEpoll(epoll, maximum);
    this.check(result, 'epoll_wait');
    return events();
  }

  protected tryEpoll(
    epoll: number,
    maximum: number,
  ): { result: number; events: () => readonly EpollEvent[] } {
    this.arena.reset();
    const size = epoll_event.sizeof(this.model);
    const at = this.arena.take(size * Math.max(1, maximum));
    const result = this.syscall(
      this.nr.epoll_pwait,
      descriptor(epoll),
      at,
      integer(maximum, 'a maximum'),
      0,
      0,
      8,
    );
    return {
      result,
      events: () => Array.from({ length: result }, (_, i) => this.load(epoll_event, at + i * size)),
    };
  }

  /** eventfd(2): the descriptor. */
  eventfd(initial = 0, flags = 0): number {
    return this.check(
      this.syscall(this.nr.eventfd2, integer(initial, 'a count'), integer(flags, 'flags')),
      'eventfd2',
    );
  }

  /** The counter, which becomes 0 or one less: eventfd(2). */
  eventfdRead(fd: number): bigint {
    const buffer = new Uint8Array(8);
    this.read(fd, buffer);
    return new DataView(buffer.buffer).getBigUint64(0, true);
  }

  /** Adds to the counter: eventfd(2). */
  eventfdWrite(fd: number, count: bigint): void {
    this.write(fd, BigUint64Array.of(count));
  }

  /** `CLOCK_*`. */
  timerfdCreate(clock: number, flags = 0): number {
    return this.check(
      this.syscall(this.nr.timerfd_create, integer(clock, 'a clock'), integer(flags, 'flags')),
      'timerfd_create',
    );
  }

  /** Arms the timer and returns what it was set to. */
  timerfdSet(fd: number, setting: TimerSetting, { absolute = false } = {}): TimerSetting {
    this.arena.reset();
    const value = {
      it_interval: toTimespec(setting.intervalNs),
      it_value: toTimespec(setting.valueNs),
    };
    const at = this.store(itimerspec, value);
    const old = this.arena.take(itimerspec.sizeof(this.model));
    const flags = absolute ? TFD_TIMER_ABSTIME : 0;
    this.check(
      this.syscall(this.nr.timerfd_settime, descriptor(fd), flags, at, old),
      'timerfd_settime',
    );
    return this.timerSetting(old);
  }

  /** timerfd_gettime(2). */
  timerfdGet(fd: number): TimerSetting {
    this.arena.reset();
    const at = this.arena.take(itimerspec.sizeof(this.model));
    this.check(this.syscall(this.nr.timerfd_gettime, descriptor(fd), at), 'timerfd_gettime');
    return this.timerSetting(at);
  }

  private timerSetting(at: number): TimerSetting {
    const { it_value, it_interval } = this.load(itimerspec, at);
    return { valueNs: fromTimespec(it_value), intervalNs: fromTimespec(it_interval) };
  }

  /** A descriptor that signals can be read from; they must be blocked first. -1 makes a new one. */
  signalfd(signals: readonly number[], { fd = -1, flags = 0 } = {}): number {
    this.arena.reset();
    const mask = this.arena.put(signalMask(signals));
    return this.check(
      this.syscall(this.nr.signalfd4, descriptor(fd), mask, 8, integer(flags, 'flags')),
      'signalfd4',
    );
  }

  /** The signals that have come: signalfd(2). */
  signalfdRead(fd: number): SignalInfo {
    const buffer = new Uint8Array(signalfd_siginfo.sizeof(this.model));
    this.read(fd, buffer);
    return signalfd_siginfo.decode(buffer, this.model);
  }

  /** inotify_init1(2): the descriptor. */
  inotifyInit(flags = 0): number {
    return this.check(
      this.syscall(this.nr.inotify_init1, integer(flags, 'flags')),
      'inotify_init1',
    );
  }

  /** inotify_add_watch(2): the watch. */
  inotifyAddWatch(fd: number, path: string, mask: number): number {
    this.arena.reset();
    const name = this.arena.putText(path);
    return this.check(
      this.syscall(this.nr.inotify_add_watch, descriptor(fd), name, mask),
      'inotify_add_watch',
      { path },
    );
  }
}

/** A signal set as the kernel has it: bit 0 is signal 1. */
export function signalMask(signals: readonly number[]): Uint8Array {
  const mask = new Uint8Array(8);
  for (const signal of signals) {
    if (!Number.isInteger(signal) || signal < 1 || signal > 64) {
      throw new TypeError(`a signal is a number from 1 to 64, not ${String(signal)}`);
    }
    mask[(signal - 1) >> 3]! |= 1 << ((signal - 1) & 7);
  }
  return mask;
}
