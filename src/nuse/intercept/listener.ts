// SPDX-License-Identifier: GPL-2.0-only

/**
 * One seccomp listener: the calls of one program and of all that it started. Takes each call off it, hands it to
 * its handler, and knows which calls wait for a later answer.
 */
import { addon } from '../../addon/addon.js';
import { EPOLLERR, EPOLLHUP, EPOLLIN, type Reactor, type Watch } from '../../native/reactor.js';
import { errno, isSystemError, SystemError } from '../../posix/index.js';
import type { Caller, CallHandlers } from '../call.js';
import { describeCall, type CallRow } from '../calls/decode.js';
import type { CallerProcess, Callers } from './callers.js';
import { NotifiedCall, notificationBytes, numberWord, type CallOrigin } from './notified-call.js';
import { Answers } from './serial.js';
import type { UnheardAnswer } from './unheard-answer.js';

const SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP = 1;
/** What the shim asks after an EINTR (native/shim/serial.c): the answer of the call with this serial number. */
const answerRequest = 0x89eb;

/** What all listeners of a broker share. */
export interface ListenerContext {
  readonly reactor: Reactor;
  readonly callers: Callers;
  readonly rows: ReadonlyMap<number, CallRow>;
  readonly handlers: CallHandlers;
  /** A bug of ours, or a program that Linux keeps us away from: a line for the log. */
  readonly log: (line: string) => void;
}

export class Listener implements CallOrigin {
  readonly fd: number;
  readonly #context: ListenerContext;
  readonly #key: number;
  readonly #watch: Watch;
  readonly #bytes = new Uint8Array(notificationBytes);
  readonly #words = new Uint32Array(this.#bytes.buffer);
  /** Calls that have not been answered, by their thread. */
  readonly #waiting = new Map<number, NotifiedCall>();
  /** Those of calls with serial numbers. */
  readonly #answers = new Answers();
  /** Answers of others that found nobody, by the thread that may make its call again. */
  readonly #unheard = new Map<number, UnheardAnswer>();
  /** Programs that have had such. */
  readonly #interrupted = new WeakSet<Caller>();
  readonly #onClose: () => void;
  #closed = false;
  /** How many calls have come. */
  calls = 0;

  /**
   * Owns `fd` from now on. `key` names it to the guardian; `onClose` is called when the last of its programs has
   * ended.
   */
  constructor(fd: number, key: number, context: ListenerContext, onClose: () => void) {
    this.fd = fd;
    this.#key = key;
    this.#context = context;
    this.#onClose = onClose;
    // The program then runs on this core as soon as it is answered. Linux before 6.6 does without.
    addon().notifySetFlags(fd, SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP);
    this.#watch = context.reactor.watch(fd, EPOLLIN, (events) => this.#onEvents(events));
  }

  /** How many of its calls wait for a later answer. */
  get waiting(): number {
    return this.#waiting.size;
  }

  callerOf(tid: number): CallerProcess {
    return this.#context.callers.of(tid);
  }

  ended(call: NotifiedCall): void {
    if (this.#waiting.get(call.tid) !== call) return;
    this.#waiting.delete(call.tid);
    call.waitsIn?.calls.delete(call);
  }

  answered({ tid, serial }: NotifiedCall, result: number): void {
    // A program that sees EINTR makes its call anew.
    if (result !== -errno.EINTR) this.#answers.set(tid, serial, result);
  }

  keep(tid: number, answer: UnheardAnswer): void {
    const { caller } = answer;
    this.#unheard.set(tid, answer);
    if (this.#interrupted.has(caller)) return;
    this.#interrupted.add(caller);
    caller.onExit(() => {
      for (const [each, { caller: its }] of this.#unheard) {
        if (its === caller) this.#unheard.delete(each);
      }
    });
  }

  /** Takes no more calls; those that wait fail with ENETDOWN. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const call of [...this.#waiting.values()]) call.fail(errno.ENETDOWN);
    this.#watch.close();
    addon().close(this.fd);
    this.#onClose();
  }

  #onEvents(events: number): void {
    if (events & EPOLLIN) this.#receive();
    else if (events & (EPOLLHUP | EPOLLERR)) this.close();
  }

  #receive(): void {
    const result = addon().notifyReceive(this.fd, this.#key, this.#bytes);
    // Cancelled between the wake-up and now, or taken back by a signal.
    if (result === -errno.ENOENT || result === -errno.EINTR) return;
    if (result < 0) throw new SystemError(result, 'SECCOMP_IOCTL_NOTIF_RECV');
    this.calls++;
    const number = this.#words[numberWord]!;
    const row = this.#context.rows.get(number);
    if (!row) throw new Error(`listener: the filter caught call ${number}, which the table lacks`);
    const call = new NotifiedCall(this, row, this.#words);
    // A thread makes one call at a time: an older one has been interrupted.
    this.#waiting.get(call.tid)?.vanish();
    if (this.#giveAgain(call) || this.#giveUnheard(call)) return;
    this.#serve(call);
    if (!call.over) this.#wait(call);
  }

  /** The answer of a call that comes again, or to the question for it. */
  #giveAgain(call: NotifiedCall): boolean {
    const asks = call.name === 'ioctl' && call.int(1) === answerRequest;
    if (!asks && call.serial === 0) return false;
    const result = this.#answers.get(call.tid, asks ? call.unsigned(2) : call.serial);
    if (result === undefined && !asks) return false;
    const given = result ?? -errno.ENODATA;
    if (given >= 0) call.answer(given);
    else call.fail(given);
    return true;
  }

  #giveUnheard(call: NotifiedCall): boolean {
    if (this.#unheard.size === 0) return false;
    const unheard = this.#unheard.get(call.tid);
    this.#unheard.delete(call.tid);
    return unheard?.giveTo(call) ?? false;
  }

  #serve(call: NotifiedCall): void {
    const handler = this.#context.handlers[call.name];
    try {
      if (handler) handler(call);
      else call.proceed();
    } catch (error) {
      if (call.over) this.#complain(call, error);
      else this.#failWith(call, error);
    }
  }

  #failWith(call: NotifiedCall, error: unknown): void {
    if (isSystemError(error)) {
      // ESRCH: the thread died while its call was being served.
      if (error.code === 'ESRCH' && !call.valid()) return;
      if (error.code === 'EPERM') this.#complain(call, error);
      call.fail(-error.errno);
      return;
    }
    this.#complain(call, error);
    call.fail(errno.ENETDOWN);
  }

  #complain(call: NotifiedCall, error: unknown): void {
    const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
    const made = describeCall(call.row, (index) => call.unsigned(index));
    this.#context.log(`thread ${call.tid}: ${made}: ${what}`);
  }

  /** It is answered later: unless its process ends before. */
  #wait(call: NotifiedCall): void {
    this.#waiting.set(call.tid, call);
    try {
      call.waitsIn = this.callerOf(call.tid);
      call.waitsIn.calls.add(call);
    } catch (error) {
      if (!isSystemError(error, 'ESRCH')) throw error;
      call.vanish();
    }
  }
}
