// SPDX-License-Identifier: GPL-2.0-only

/**
 * A kernel's timer as events. Linux moves its next timer at almost every call, mostly to later, so an event that
 * comes too early is cheaper than taking one out: it looks again and goes on waiting.
 */
import type { Scheduler, TargetId, Timed } from '../host/index.js';
import type { KernelInstance } from '../kernel/index.js';

export class KernelTimer implements Timed {
  readonly #kernel: KernelInstance;
  readonly #scheduler: Scheduler;
  readonly #target: TargetId;
  /** The kernel's clock less the scheduler's. */
  readonly #offsetNs: number;
  /** The next event of ours that counts; Infinity: none. */
  #armedNs = Infinity;

  constructor(kernel: KernelInstance, scheduler: Scheduler, offsetNs: number) {
    this.#kernel = kernel;
    this.#scheduler = scheduler;
    this.#offsetNs = offsetNs;
    this.#target = scheduler.register(this);
    kernel.onTimer = (timerNs) => this.#arm(timerNs);
    this.#arm(kernel.timerNs);
  }

  onTime(armedNs: number): void {
    // An event that an earlier one has overtaken.
    if (armedNs !== this.#armedNs) return;
    this.#armedNs = Infinity;
    const { timerNs } = this.#kernel;
    if (timerNs - this.#offsetNs > armedNs) this.#arm(timerNs);
    else {
      this.#kernel.timer();
      // One that stays due is due again at once.
      this.#arm(this.#kernel.timerNs);
    }
  }

  #arm(timerNs: number): void {
    if (timerNs === Infinity) return;
    const timeNs = Math.max(timerNs - this.#offsetNs, this.#scheduler.nowNs);
    if (timeNs >= this.#armedNs) return;
    this.#armedNs = timeNs;
    this.#scheduler.at(timeNs, this.#target, timeNs, 0);
  }
}
