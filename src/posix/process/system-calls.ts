// SPDX-License-Identifier: GPL-2.0-only
/** Calls about the process and the system: identity, limits, namespaces, clocks, random bytes, names, signals. */
import { SIG_BLOCK, SIG_SETMASK, SIG_UNBLOCK } from '../constants/process.js';
import { rlimit64, timespec, utsname } from '../struct/files.js';
import type { ValueOf } from '../struct/layout.js';
import { bufferOf, descriptor, integer } from './base.js';
import { PollCalls, signalMask } from './poll-calls.js';

/** What uname(2) says. */
export type SystemName = ValueOf<typeof utsname>;

/** The three user or group ids of a process: credentials(7). */
export interface ProcessIds {
  readonly real: number;
  readonly effective: number;
  readonly saved: number;
}

/** getrlimit(2). */
export interface ResourceLimit {
  /** RLIM_INFINITY is all ones. */
  readonly soft: bigint;
  readonly hard: bigint;
}

const keep = -1;

export class SystemCalls extends PollCalls {
  /** getpid(2). */
  getpid(): number {
    return this.check(this.syscall(this.nr.getpid), 'getpid');
  }

  /** getppid(2). */
  getppid(): number {
    return this.check(this.syscall(this.nr.getppid), 'getppid');
  }

  /** getuid(2). */
  getuid(): number {
    return this.syscall(this.nr.getuid);
  }

  /** getresuid(2). */
  userIds(): ProcessIds {
    return this.identity(this.nr.getresuid, 'getresuid');
  }

  /** getresgid(2). */
  groupIds(): ProcessIds {
    return this.identity(this.nr.getresgid, 'getresgid');
  }

  private identity(number: number, name: string): ProcessIds {
    this.arena.reset();
    const at = this.arena.take(12);
    this.check(this.syscall(number, at, at + 4, at + 8), name);
    const [real, effective, saved] = [0, 4, 8].map((offset) => this.intAt(at + offset) >>> 0);
    return { real: real!, effective: effective!, saved: saved! };
  }

  /** What is left out stays. Giving up root here gives up its capabilities, as ever. */
  setUserIds({ real = keep, effective = keep, saved = keep }: Partial<ProcessIds>): void {
    this.check(this.syscall(this.nr.setresuid, real, effective, saved), 'setresuid');
  }

  /** setresgid(2): what is left out stays. */
  setGroupIds({ real = keep, effective = keep, saved = keep }: Partial<ProcessIds>): void {
    this.check(this.syscall(this.nr.setresgid, real, effective, saved), 'setresgid');
  }

  /** setgroups(2). */
  setGroups(groups: readonly number[]): void {
    this.arena.reset();
    const list = Uint32Array.from(groups);
    const at = this.arena.put(new Uint8Array(list.buffer));
    this.check(this.syscall(this.nr.setgroups, list.length, at), 'setgroups');
  }

  /** umask(2): the one before. */
  umask(mask: number): number {
    return this.syscall(this.nr.umask, integer(mask, 'a mask'));
  }

  /** `RLIMIT_*`. */
  getLimit(resource: number): ResourceLimit {
    return this.limit(resource, 0);
  }

  /** Returns the limit that was. */
  setLimit(resource: number, { soft, hard }: ResourceLimit): ResourceLimit {
    this.arena.reset();
    return this.limit(resource, this.store(rlimit64, { rlim_cur: soft, rlim_max: hard }));
  }

  private limit(resource: number, at: number): ResourceLimit {
    if (at === 0) this.arena.reset();
    const old = this.arena.take(rlimit64.sizeof(this.model));
    this.check(
      this.syscall(this.nr.prlimit64, 0, integer(resource, 'a resource'), at, old),
      'prlimit64',
    );
    const { rlim_cur, rlim_max } = this.load(rlimit64, old);
    return { soft: rlim_cur, hard: rlim_max };
  }

  /** `CLONE_NEWNET` gives the process a network namespace of its own. */
  unshare(flags: number): void {
    this.check(this.syscall(this.nr.unshare, flags | 0), 'unshare');
  }

  /** Joins the namespace that a descriptor of /proc/…/ns stands for. */
  setns(fd: number, kind = 0): void {
    this.check(this.syscall(this.nr.setns, descriptor(fd), kind | 0), 'setns');
  }

  /** uname(2). */
  uname(): SystemName {
    this.arena.reset();
    const at = this.arena.take(utsname.sizeof(this.model));
    this.check(this.syscall(this.nr.uname, at), 'uname');
    return this.load(utsname, at);
  }

  /** sethostname(2). */
  sethostname(name: string): void {
    this.arena.reset();
    const at = this.arena.putText(name);
    this.check(
      this.syscall(this.nr.sethostname, at, new TextEncoder().encode(name).byteLength),
      'sethostname',
    );
  }

  /** Fills the buffer from the host’s random number generator. */
  getrandom(buffer: ArrayBufferView, flags = 0): number {
    const target = bufferOf(buffer);
    this.arena.reset();
    const at = this.arena.take(target.byteLength);
    const result = this.syscall(this.nr.getrandom, at, target.byteLength, integer(flags, 'flags'));
    this.fetch(target, at, result);
    return this.check(result, 'getrandom');
  }

  /** `CLOCK_*`, by the host’s clock. */
  clockGettime(clock: number): { readonly seconds: number; readonly nanoseconds: number } {
    return this.time(this.nr.clock_gettime, clock, 'clock_gettime');
  }

  /** Sets a clock: CLOCK_REALTIME is the only one that can be. */
  clockSettime(
    clock: number,
    time: { readonly seconds: number; readonly nanoseconds: number },
  ): void {
    this.arena.reset();
    const at = this.store(timespec, { tv_sec: time.seconds, tv_nsec: time.nanoseconds });
    this.check(this.syscall(this.nr.clock_settime, integer(clock, 'a clock'), at), 'clock_settime');
  }

  /** clock_getres(2), in nanoseconds. */
  clockResolution(clock: number): { readonly seconds: number; readonly nanoseconds: number } {
    return this.time(this.nr.clock_getres, clock, 'clock_getres');
  }

  private time(number: number, clock: number, name: string) {
    this.arena.reset();
    const at = this.arena.take(timespec.sizeof(this.model));
    this.check(this.syscall(number, integer(clock, 'a clock'), at), name);
    const { tv_sec, tv_nsec } = this.load(timespec, at);
    return { seconds: tv_sec, nanoseconds: tv_nsec };
  }

  /** Sends a signal to a process by its pid. */
  kill(pid: number, signal: number): void {
    this.check(
      this.syscall(this.nr.kill, integer(pid, 'a pid'), integer(signal, 'a signal')),
      'kill',
    );
  }

  /** sigprocmask(2), SIG_BLOCK. */
  blockSignals(signals: readonly number[]): void {
    this.changeMask(SIG_BLOCK, signals);
  }

  /** sigprocmask(2), SIG_UNBLOCK. */
  unblockSignals(signals: readonly number[]): void {
    this.changeMask(SIG_UNBLOCK, signals);
  }

  /** sigprocmask(2), SIG_SETMASK. */
  setBlockedSignals(signals: readonly number[]): void {
    this.changeMask(SIG_SETMASK, signals);
  }

  /** Sets the whole mask and returns the one before. */
  protected swapSignalMask(mask: Uint8Array): Uint8Array {
    this.arena.reset();
    const at = this.arena.put(mask);
    const old = this.arena.take(8);
    this.check(this.syscall(this.nr.rt_sigprocmask, SIG_SETMASK, at, old, 8), 'rt_sigprocmask');
    return this.bytesAt(old, 8);
  }

  private changeMask(how: number, signals: readonly number[]): void {
    this.arena.reset();
    const mask = this.arena.put(signalMask(signals));
    this.check(this.syscall(this.nr.rt_sigprocmask, how, mask, 0, 8), 'rt_sigprocmask');
  }
}
