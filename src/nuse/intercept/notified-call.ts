// SPDX-License-Identifier: GPL-2.0-only

/** A `Call` over seccomp user notification. Made by a listener for each notification, and ended exactly once. */
import { addon } from '../../addon/addon.js';
import { errno, SystemError } from '../../posix/index.js';
import type { AddFdOptions, Caller, DescriptorIdentity } from '../call.js';
import type { CallRow } from '../calls/decode.js';
import type { CallName } from '../calls/table.js';
import type { CallerProcess } from './callers.js';
import * as memory from './program-memory.js';
import { hasEffect, takeSerial } from './serial.js';
import { CallMemory, note, UnheardAnswer, type ServedCall } from './unheard-answer.js';

const SECCOMP_USER_NOTIF_FLAG_CONTINUE = 1;
const SECCOMP_ADDFD_FLAG_SETFD = 1;
const SECCOMP_ADDFD_FLAG_SEND = 2;
const O_CLOEXEC = 0o2000000;
const twoTo32 = 2 ** 32;

/** struct seccomp_notif in words, and the entry of the ledger behind it. */
export const notificationBytes = 84;
const idWord = 0;
const tidWord = 2;
export const numberWord = 4;
const argumentsWord = 8;
const entryWord = 20;

/**
 * What an ioctl says where nobody waits (any more) for what it brings: ENOENT, the call is over; ESRCH, a signal
 * interrupted it just now; EINPROGRESS, it has an answer, and what the ioctl brought was lost on the way
 * (native/addon/notify.c tells how a descriptor can be).
 */
const nobodyWaits = new Set([-errno.ENOENT, -errno.ESRCH, -errno.EINPROGRESS]);

const identity = new Float64Array(3);

/** What a call needs of the listener that it came by. */
export interface CallOrigin {
  readonly fd: number;
  callerOf(tid: number): CallerProcess;
  /** The call is over. */
  ended(call: NotifiedCall): void;
  /** What a call with a serial number has had, heard or not; `result` is a negative errno for a failure. */
  answered(call: NotifiedCall, result: number): void;
  /** An answer that found nobody, and that the call made again shall have. */
  keep(tid: number, answer: UnheardAnswer): void;
}

export class NotifiedCall implements ServedCall {
  readonly tid: number;
  readonly row: CallRow;
  /** The process that is watched for its end while this waits for a later answer. */
  waitsIn: CallerProcess | undefined;
  readonly #origin: CallOrigin;
  readonly #idLow: number;
  readonly #idHigh: number;
  readonly #entry: number;
  readonly #words: Uint32Array;
  /** Tells it from all others of its thread; 0: it has none. */
  readonly serial: number;
  readonly memory: CallMemory | undefined;
  #over = false;
  /** What it has had, heard or not: a negative errno for a failure. */
  #result: number | undefined;
  #gone: (() => void)[] | undefined;

  /** Copies what it keeps of `words`. */
  constructor(origin: CallOrigin, row: CallRow, words: Uint32Array) {
    this.#origin = origin;
    this.row = row;
    this.#idLow = words[idWord]!;
    this.#idHigh = words[idWord + 1]!;
    this.#entry = words[entryWord]!;
    this.tid = words[tidWord]!;
    this.#words = words.slice(argumentsWord, argumentsWord + 12);
    this.serial = takeSerial(row.name, this.#words);
    this.memory = this.serial === 0 && hasEffect(row.name) ? new CallMemory() : undefined;
  }

  get name(): CallName {
    return this.row.name;
  }

  /** Whether it has been ended, or found to be gone. */
  get over(): boolean {
    return this.#over;
  }

  get caller(): Caller {
    return this.#origin.callerOf(this.tid);
  }

  unsigned(index: number): number {
    return this.#words[2 * index + 1]! * twoTo32 + this.#words[2 * index]!;
  }

  int(index: number): number {
    return this.#words[2 * index]! | 0;
  }

  valid(): boolean {
    if (this.#over) return false;
    if (addon().notifyValid(this.#origin.fd, this.#idLow, this.#idHigh)) return true;
    this.vanish();
    return false;
  }

  onGone(callback: () => void): void {
    if (this.#over) return;
    (this.#gone ??= []).push(callback);
  }

  read(address: number, length: number): Uint8Array {
    this.memory?.read.push(address, length);
    return memory.readMemory(this.tid, address, length);
  }

  readInto(address: number, target: Uint8Array): void {
    this.memory?.read.push(address, target.length);
    memory.readMemoryInto(this.tid, address, target);
  }

  readVector(segments: readonly number[], target: Uint8Array): number {
    const length = memory.readMemoryVector(this.tid, segments, target);
    note(this.memory?.read, segments, length);
    return length;
  }

  readString(address: number, maxBytes?: number): string {
    return memory.readString(this.tid, address, maxBytes);
  }

  write(address: number, bytes: Uint8Array): void {
    this.memory?.written.push(address, bytes.length);
    memory.writeMemory(this.tid, address, bytes);
  }

  writeVector(segments: readonly number[], source: Uint8Array): number {
    const length = memory.writeMemoryVector(this.tid, segments, source);
    note(this.memory?.written, segments, length);
    return length;
  }

  identify(fd: number): DescriptorIdentity | undefined {
    const result = addon().processIdentify(this.tid, fd, identity);
    if (result === -errno.EBADF) return undefined;
    if (result < 0) throw new SystemError(result, 'pidfd_getfd');
    return { inode: identity[0]!, mode: identity[1]!, statusFlags: identity[2]! };
  }

  borrow(fd: number): number {
    const result = addon().processBorrow(this.tid, fd);
    if (result < 0) throw new SystemError(result, 'pidfd_getfd');
    return result;
  }

  answer(value: number): boolean {
    this.#result = value;
    return this.#send(value, 0, 0);
  }

  soFar(result: number): void {
    this.#result = result;
  }

  fail(errno: number): boolean {
    this.#result = -Math.abs(errno);
    return this.#send(0, Math.abs(errno), 0);
  }

  proceed(): boolean {
    return this.#send(0, 0, SECCOMP_USER_NOTIF_FLAG_CONTINUE);
  }

  addFd(fd: number, options: AddFdOptions = {}): number {
    const result = this.#install(fd, options, 0);
    if (result < 0) throw new SystemError(result, 'SECCOMP_IOCTL_NOTIF_ADDFD');
    return result;
  }

  answerWithFd(fd: number, options: AddFdOptions = {}): boolean {
    this.#mustNotBeOver();
    const result = this.#install(fd, options, SECCOMP_ADDFD_FLAG_SEND);
    // EMFILE is the program's to see, for one.
    if (result < 0 && !nobodyWaits.has(result)) {
      this.fail(-result);
      return false;
    }
    addon().notifySettle(this.#entry);
    return this.#end(result);
  }

  signal(number: number): void {
    const { pid } = this.caller;
    addon().processSignal(pid, this.tid, number);
  }

  /** The thread does not wait for this answer any more. */
  vanish(): void {
    if (this.#over) return;
    addon().notifySettle(this.#entry);
    this.#end(-errno.ENOENT);
  }

  #install(fd: number, { closeOnExec = false, at }: AddFdOptions, flags: number): number {
    return addon().notifyAddFd(
      this.#origin.fd,
      this.#idLow,
      this.#idHigh,
      flags | (at === undefined ? 0 : SECCOMP_ADDFD_FLAG_SETFD),
      fd,
      at ?? 0,
      closeOnExec ? O_CLOEXEC : 0,
    );
  }

  #send(value: number, number: number, flags: number): boolean {
    this.#mustNotBeOver();
    const result = addon().notifySend(
      this.#origin.fd,
      this.#idLow,
      this.#idHigh,
      this.#entry,
      value,
      number,
      flags,
    );
    if (result < 0 && !nobodyWaits.has(result)) {
      throw new SystemError(result, 'SECCOMP_IOCTL_NOTIF_SEND');
    }
    return this.#end(result);
  }

  #end(result: number): boolean {
    this.#over = true;
    this.#origin.ended(this);
    const callbacks = this.#gone;
    this.#gone = undefined;
    if (this.serial !== 0 && this.#result !== undefined) this.#origin.answered(this, this.#result);
    if (result >= 0) return true;
    this.#keepResult();
    for (const callback of callbacks ?? []) callback();
    return false;
  }

  /** For the call made again. */
  #keepResult(): void {
    if (this.#result === undefined || this.#result < 0) return;
    const unheard = UnheardAnswer.of(this, this.#result);
    if (unheard !== undefined) this.#origin.keep(this.tid, unheard);
  }

  #mustNotBeOver(): void {
    if (this.#over) throw new Error(`notified call: ${this.name} is answered twice`);
  }
}
