// SPDX-License-Identifier: GPL-2.0-only

/**
 * Calls that cannot be made twice, and their answers. A signal may take an answer away in the moment in which it is
 * given, and Linux tells nobody (kernel/seccomp.c, seccomp_do_user_notification): the call then comes once more, by
 * SA_RESTART, or the program sees EINTR. So the shim gives each such call a serial number, in bits of its arguments that
 * Linux does not look at (native/shim/serial.h): when it comes again, it is known and has its answer.
 */
import type { CallName } from '../calls/table.js';

/**
 * The calls, each with the place of an argument of type int, beside its descriptor, whose upper half has the
 * complement of the serial number.
 */
const checkedArguments: ReadonlyMap<CallName, number> = new Map<CallName, number>([
  ['bind', 2],
  ['connect', 2],
  ['setsockopt', 1],
  ['sendto', 3],
  ['sendmsg', 2],
  ['sendmmsg', 3],
  ['recvfrom', 3],
  ['recvmsg', 2],
  ['recvmmsg', 3],
]);

/** Whether a second time would have a second effect. */
export function hasEffect(name: CallName): boolean {
  return checkedArguments.has(name);
}

/**
 * The serial number of a call, 0 without one. `words` are its arguments, the lower half of each first; what it was in is
 * cleared.
 */
export function takeSerial(name: CallName, words: Uint32Array): number {
  const checked = checkedArguments.get(name);
  if (checked === undefined) return 0;
  const serial = words[1]!;
  // The upper half of an int is by itself anything, but mostly all zeros or all ones.
  if (serial === 0 || serial === 0xffffffff || words[2 * checked + 1] !== ~serial >>> 0) return 0;
  words[1] = 0;
  words[2 * checked + 1] = 0;
  return serial;
}

interface Answer {
  readonly serial: number;
  readonly result: number;
}

/** Threads whose answers are kept: one that handles its signal while as many others are answered is forgotten. */
const threadsMax = 4096;

/** What each thread's last call with a serial number has had for an answer, heard or not. */
export class Answers {
  /** The thread that was answered last comes last. */
  readonly #byThread = new Map<number, Answer>();

  /** `result`: from 0 up, or a negative errno. */
  set(tid: number, serial: number, result: number): void {
    this.#byThread.delete(tid);
    this.#byThread.set(tid, { serial, result });
    if (this.#byThread.size <= threadsMax) return;
    for (const oldest of this.#byThread.keys()) {
      this.#byThread.delete(oldest);
      break;
    }
  }

  /** Undefined for a call that has not been answered. */
  get(tid: number, serial: number): number | undefined {
    const answer = this.#byThread.get(tid);
    return answer?.serial === serial ? answer.result : undefined;
  }
}
