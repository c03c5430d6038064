// SPDX-License-Identifier: GPL-2.0-only

/**
 * Looks after a scenario's thread from outside of it: one that neither goes round its event loop nor takes events
 * for some time is in a program that never yields. It is stopped, and the error says where it was.
 */
import { LibosError } from '../errors.js';
import { frames, isScenarios, type SourceLocation } from './failure.js';
import type { Progress, ScenarioRunner } from './thread.js';

const lookPeriodMs = 250;

/** A program that never yields. */
export class SpinError extends LibosError {
  readonly location: SourceLocation | undefined;

  constructor(seconds: number, program: string | undefined, location: SourceLocation | undefined) {
    const who = program ?? 'the scenario';
    super('ERR_LIBOS_SPIN', `${who} has not yielded for ${seconds} s of real time`, {
      hint: 'a program lets others run when it awaits: os.sleep, a socket, …; --watchdog gives it longer',
    });
    this.location = location;
  }
}

export class Watchdog {
  readonly #thread: ScenarioRunner;
  readonly #seconds: number;
  readonly #timer: NodeJS.Timeout;
  readonly #onSpin: (error: SpinError) => void;
  #last: Progress;
  #sinceMs = performance.now();

  /** `seconds`: of wall time; Infinity: never. */
  constructor(thread: ScenarioRunner, seconds: number, onSpin: (error: SpinError) => void) {
    this.#thread = thread;
    this.#seconds = seconds;
    this.#onSpin = onSpin;
    this.#last = thread.progress;
    this.#timer = setInterval(() => this.#look(), Math.min(lookPeriodMs, seconds * 250));
    this.#timer.unref();
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const { nowNs, events, life } = this.#thread.progress;
    const last = this.#last;
    this.#last = { nowNs, events, life };
    const nowMs = performance.now();
    // Before its first sign of life it loads what it needs.
    const starts = life === 0;
    if (starts || nowNs !== last.nowNs || events !== last.events || life !== last.life) {
      this.#sinceMs = nowMs;
    }
    if (nowMs - this.#sinceMs < this.#seconds * 1000) return;
    this[Symbol.dispose]();
    void this.#stop();
  }

  async #stop(): Promise<void> {
    const place = await this.#thread.place();
    const program = typeof place?.value === 'string' ? place.value : undefined;
    const location = frames(place?.stack ?? '').find(({ file }) => isScenarios(file));
    this.#onSpin(new SpinError(this.#seconds, program, location));
  }
}
