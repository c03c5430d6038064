// SPDX-License-Identifier: GPL-2.0-only
/**
 * Blocking calls as promises: try, and when Linux would wait, watch the files and try again at each wake-up. A
 * wait ends with a result, an error, a deadline, a signal, an abort, or the end of the process or descriptor;
 * whichever it is, no watch and no timer stays behind.
 */
import { errno, SystemError } from '../errno.js';
import type { Timer } from '../kernel-port.js';
import type { Waits, Watch } from './waits.js';

/** A wait that can be given up. */
export interface WaitOptions {
  /** Aborting rejects with the signal’s reason. */
  readonly signal?: AbortSignal | undefined;
}

/** -ERESTARTSYS, by which Linux says that a call would have to wait … */
export const wouldWait = -512;

/** … and all of its internal “restart after the wait” results. */
export const isWaiting = (result: number): boolean => result <= -512 && result >= -516;

export interface Attempt {
  readonly syscall: string;
  /** The call itself, which must not wait. */
  run(): number;
  /** What it resulted in already, where it has been tried. */
  readonly first?: number;
  /** Which files to watch while it waits, and for which events. */
  readonly files: readonly (readonly [fd: number, events: number])[];
  /** Gives up at this time with `timedOut`. */
  readonly deadlineNs?: number | undefined;
  /** What a deadline results in: a value, or a negative errno. */
  readonly timedOut?: number;
  /** False: a signal ends it even with SA_RESTART. */
  readonly restarts?: boolean;
  /** It waits for something that the files’ poll does not show: try again whenever something else has gone on. */
  readonly hidden?: boolean;
  /** Results that mean “wait” besides Linux’s own. */
  readonly waitsAlso?: (result: number) => boolean;
}

/** A wait as it can be told of. */
export interface WaitInfo {
  readonly syscall: string;
  /** The descriptors that it waits for; none for a sleep. */
  readonly files: readonly number[];
  /** When it began and when it gives up, by the host's clock. */
  readonly sinceNs: number;
  readonly deadlineNs: number | undefined;
}

/** The waits of one process. */
export class BlockingCalls {
  readonly #waits: Waits;
  readonly #task: number;
  readonly #active = new Set<Wait>();

  constructor(waits: Waits, task: number) {
    this.#waits = waits;
    this.#task = task;
  }

  get size(): number {
    return this.#active.size;
  }

  /** What is waited for now, the longest first. */
  list(): readonly WaitInfo[] {
    return [...this.#active].map((wait) => wait.info);
  }

  /** Resolves with the result, a negative errno included; rejects only when aborted or interrupted. */
  run(attempt: Attempt, { signal }: WaitOptions = {}): Promise<number> {
    if (signal?.aborted === true) return Promise.reject(reasonOf(signal));
    const first = attempt.first ?? attempt.run();
    if (!isWaiting(first) && attempt.waitsAlso?.(first) !== true) return Promise.resolve(first);
    return new Promise((resolve, reject) => {
      const wait = new Wait(this.#waits, this.#task, attempt, {
        resolve,
        reject,
        ended: () => this.#active.delete(wait),
        signal,
      });
      this.#active.add(wait);
      wait.begin();
    });
  }

  /** A signal with a handler has come. With SA_RESTART only the waits that never go on after one end with EINTR. */
  interrupt(restart: boolean): void {
    for (const wait of [...this.#active]) {
      if (!restart || !wait.restarts) wait.fail(new SystemError(errno.EINTR, wait.syscall));
    }
  }

  /** The descriptor is being closed: what waits on it would wait for ever. */
  closing(first: number, last = first): void {
    if (this.#active.size === 0) return;
    for (const wait of [...this.#active]) {
      if (wait.concerns(first, last)) wait.fail(new SystemError(errno.EBADF, wait.syscall));
    }
  }

  /** The process ends. */
  end(): void {
    for (const wait of [...this.#active]) {
      wait.fail(new SystemError(errno.ESRCH, wait.syscall, { detail: 'the process has exited' }));
    }
  }

  /** All that waits rejects with `error`. */
  fail(error: unknown): void {
    for (const wait of [...this.#active]) wait.fail(error);
  }
}

interface Outcome {
  resolve(result: number): void;
  reject(reason: unknown): void;
  ended(): void;
  readonly signal: AbortSignal | undefined;
}

class Wait {
  readonly #waits: Waits;
  readonly #task: number;
  readonly #attempt: Attempt;
  readonly #outcome: Outcome;
  #watches: Watch[] = [];
  readonly #sinceNs: number;
  #timer: Timer | undefined;
  #done = false;

  constructor(waits: Waits, task: number, attempt: Attempt, outcome: Outcome) {
    this.#waits = waits;
    this.#task = task;
    this.#attempt = attempt;
    this.#outcome = outcome;
    this.#sinceNs = waits.time.nowNs();
  }

  get info(): WaitInfo {
    const { syscall, files, deadlineNs } = this.#attempt;
    return { syscall, files: files.map(([fd]) => fd), sinceNs: this.#sinceNs, deadlineNs };
  }

  get syscall(): string {
    return this.#attempt.syscall;
  }

  /** Calls with a time limit do not go on after a signal, nor those that look at many files: see signal(7). */
  get restarts(): boolean {
    return this.#attempt.restarts !== false && this.#attempt.deadlineNs === undefined;
  }

  begin(): void {
    const { files, deadlineNs, timedOut = 0 } = this.#attempt;
    try {
      for (const [fd, events] of files) {
        this.#watches.push(this.#waits.watch(this.#task, fd, events, this.#again));
      }
    } catch (error) {
      this.fail(error);
      return;
    }
    if (this.#attempt.hidden === true) this.#watches.push(this.#waits.watchProgress(this.#again));
    this.#outcome.signal?.addEventListener('abort', this.#aborted);
    if (deadlineNs !== undefined) {
      this.#timer = this.#waits.time.at(deadlineNs, () => {
        this.#again();
        this.#finish(timedOut);
      });
    }
  }

  concerns(first: number, last: number): boolean {
    return this.#attempt.files.some(([fd]) => fd >= first && fd <= last);
  }

  fail(error: unknown): void {
    if (this.#stop()) this.#outcome.reject(error);
  }

  readonly #again = (): void => {
    if (this.#done) return;
    let result: number;
    try {
      result = this.#attempt.run();
    } catch (error) {
      // The kernel has died of this attempt; whoever waits for it must hear.
      this.fail(error);
      return;
    }
    if (!this.#waitsOn(result)) this.#finish(result);
  };

  readonly #aborted = (): void => {
    this.fail(reasonOf(this.#outcome.signal));
  };

  #waitsOn(result: number): boolean {
    return isWaiting(result) || this.#attempt.waitsAlso?.(result) === true;
  }

  #finish(result: number): void {
    if (this.#stop()) this.#outcome.resolve(result);
  }

  #stop(): boolean {
    if (this.#done) return false;
    this.#done = true;
    for (const watch of this.#watches) watch.end();
    this.#watches = [];
    this.#timer?.cancel();
    this.#outcome.signal?.removeEventListener('abort', this.#aborted);
    this.#outcome.ended();
    return true;
  }
}

function reasonOf(signal: AbortSignal | undefined): Error {
  const reason: unknown = signal?.reason;
  return reason instanceof Error ? reason : new Error('aborted', { cause: reason });
}
