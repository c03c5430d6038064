// SPDX-License-Identifier: GPL-2.0-only

/**
 * Kernels that have something to do before time moves on: each once, in the order in which they were added. It is
 * used for every frame, so nothing is allocated, and a kernel itself says whether it is in the list.
 */
import type { Runnable } from '../host/index.js';

export class RunList {
  readonly #kernels: (Runnable | undefined)[] = [];
  /** What is in the list lies between these. */
  #first = 0;
  #end = 0;

  get isEmpty(): boolean {
    return this.#first === this.#end;
  }

  add(kernel: Runnable): void {
    if (kernel.queued === true) return;
    kernel.queued = true;
    this.#kernels[this.#end++] = kernel;
  }

  /** Runs all, and those that are added meanwhile. What one throws leaves the rest for the next time. */
  run(): void {
    while (this.#first < this.#end) {
      const kernel = this.#kernels[this.#first]!;
      this.#kernels[this.#first++] = undefined;
      kernel.queued = false;
      if (kernel.death === undefined) kernel.run();
    }
    this.#first = 0;
    this.#end = 0;
  }

  clear(): void {
    for (const kernel of this.kernels) kernel.queued = false;
    this.#kernels.length = 0;
    this.#first = 0;
    this.#end = 0;
  }

  get kernels(): readonly Runnable[] {
    return this.#kernels.slice(this.#first, this.#end).filter((kernel) => kernel !== undefined);
  }
}
