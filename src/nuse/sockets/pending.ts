// SPDX-License-Identifier: GPL-2.0-only

/**
 * Calls of programs that wait for a socket: each is tried again, in their order, whenever something about the
 * socket has changed, until it has an answer, its time is over or nobody waits for it any more.
 */
import { isSystemError, type HostTime, type Timer } from '../../posix/index.js';
import type { Call } from '../call.js';

/** Tries once; true when the call has had its answer. What it throws becomes the answer. */
export type Attempt = () => boolean;

interface Waiting {
  readonly call: Call;
  readonly attempt: Attempt;
  timer: Timer | undefined;
  done: boolean;
}

export interface WaitLimit {
  /** After so long… (Infinity: never) */
  readonly timeoutNs: number;
  /** …it ends like this. */
  readonly timedOut: () => void;
}

export class PendingCalls {
  readonly #time: HostTime;
  #waiting: Waiting[] = [];
  #retrying = false;

  constructor(time: HostTime) {
    this.#time = time;
  }

  get size(): number {
    return this.#waiting.length;
  }

  /** Tries, and waits where that does not answer the call. */
  start(call: Call, attempt: Attempt, limit: WaitLimit): void {
    if (!attempt()) this.wait(call, attempt, limit);
  }

  wait(call: Call, attempt: Attempt, { timeoutNs, timedOut }: WaitLimit): void {
    const waiting: Waiting = { call, attempt, timer: undefined, done: false };
    if (timeoutNs !== Infinity) {
      waiting.timer = this.#time.at(this.#time.nowNs() + timeoutNs, () => {
        waiting.timer = undefined;
        if (!this.#end(waiting)) return;
        tried(call, () => {
          timedOut();
          return true;
        });
      });
    }
    call.onGone(() => void this.#end(waiting));
    this.#waiting.push(waiting);
  }

  /** Something has changed. One that still waits keeps its place, and those behind it are tried all the same. */
  retry(): void {
    if (this.#waiting.length === 0 || this.#retrying) return;
    this.#retrying = true;
    try {
      for (const waiting of [...this.#waiting]) {
        if (waiting.done) continue;
        if (!waiting.call.valid()) this.#end(waiting);
        else if (tried(waiting.call, waiting.attempt)) this.#end(waiting);
      }
    } finally {
      this.#retrying = false;
    }
  }

  #end(waiting: Waiting): boolean {
    if (waiting.done) return false;
    waiting.done = true;
    waiting.timer?.cancel();
    this.#waiting = this.#waiting.filter((other) => other !== waiting);
    return true;
  }
}

function tried(call: Call, attempt: Attempt): boolean {
  try {
    return attempt();
  } catch (error) {
    // A program that ended meanwhile, or whose memory is not what it said.
    if (!isSystemError(error)) throw error;
    call.fail(-error.errno);
    return true;
  }
}
