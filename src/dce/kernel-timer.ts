// SPDX-License-Identifier: GPL-2.0-only

/**
 * A kernel's timer as events. Linux moves its next timer at almost every call, mostly to later, so an event that
 * comes too early is cheaper than taking one out: it looks again and goes on waiting.
 */
import type { Scheduler, Stateful, TargetId, Timed } from '../host/index.js';
import type { HostedKernel } from '../kernel/index.js';

/** The clock that a kernel goes by, and the timeline that it is on. */
export interface KernelTimerClock {
  toTimelineNs(localNs: number): number;
}

export class KernelTimer implements Timed, Stateful {
  readonly #scheduler: Scheduler;
  readonly #clock: KernelTimerClock;
  readonly #target: TargetId;
  #kernel: HostedKernel | undefined;
  /** The next event of ours that counts; Infinity: none. */
  #armedNs = Infinity;

  constructor(scheduler: Scheduler, clock: KernelTimerClock) {
    this.#scheduler = scheduler;
    this.#clock = clock;
    this.#target = scheduler.register(this);
  }

  /** From now on it is this kernel's; undefined: nobody's. */
  attach(kernel: HostedKernel | undefined): void {
    if (this.#kernel) this.#kernel.onTimer = () => undefined;
    this.#kernel = kernel;
    this.#armedNs = Infinity;
    if (!kernel) return;
    kernel.onTimer = (timerNs) => this.#arm(timerNs);
    this.#arm(kernel.timerNs);
  }

  /** The clock runs differently from now on. */
  retime(): void {
    if (this.#kernel) this.#arm(this.#kernel.timerNs);
  }

  /** When the next event of its kernel's comes. */
  saveState(): number {
    return this.#armedNs;
  }

  /** Context: its kernel is attached; the queue has the event, or is about to get it. */
  restoreState(armedNs: unknown): void {
    this.#armedNs = armedNs as number;
  }

  onTime(armedNs: number): void {
    // An event that an earlier one has overtaken.
    if (armedNs !== this.#armedNs || !this.#kernel) return;
    this.#armedNs = Infinity;
    const { timerNs } = this.#kernel;
    if (this.#clock.toTimelineNs(timerNs) > armedNs) this.#arm(timerNs);
    else {
      this.#kernel.timer();
      // One that stays due is due again at once.
      this.#arm(this.#kernel.timerNs);
    }
  }

  #arm(timerNs: number): void {
    if (timerNs === Infinity) return;
    const timeNs = Math.max(this.#clock.toTimelineNs(timerNs), this.#scheduler.nowNs);
    if (timeNs >= this.#armedNs) return;
    this.#armedNs = timeNs;
    this.#scheduler.at(timeNs, this.#target, timeNs, 0);
  }
}
