// SPDX-License-Identifier: GPL-2.0-only

/**
 * Where workers wait for each other. A worker that waits blocks its thread: nothing of it can run then, and it
 * must have nothing to run. What a worker wrote to shared memory before it arrived, all see after they have passed.
 */
import { LibosError } from '../../errors.js';

/** 32-bit words of shared memory that a barrier takes, zero at first. */
export const barrierWords = 3;

/** How many wait. */
const arrived = 0;
/** Grows by 2 whenever all have passed; odd when nobody will pass any more. */
const generation = 1;
/** 0; or why nobody will: all were told to end, or a worker has left (its number, and 2). */
const ending = 2;

const aborted = 1;
const left = 2;

export class Barrier {
  readonly #words: Int32Array<SharedArrayBuffer>;
  readonly #count: number;
  readonly #spins: number;

  /**
   * `words` are the same for all `count` workers. `spins`: how often to look before the thread sleeps; 0 where
   * there are more workers than processors.
   */
  constructor(words: Int32Array<SharedArrayBuffer>, count: number, spins = 0) {
    this.#words = words;
    this.#count = count;
    this.#spins = spins;
  }

  /** Waits until all have called it. Errors: one has left, or all were told to end. */
  pass(): void {
    const words = this.#words;
    const mine = Atomics.load(words, generation);
    if (mine & 1) throw this.#error();
    if (Atomics.add(words, arrived, 1) + 1 === this.#count) {
      Atomics.store(words, arrived, 0);
      Atomics.add(words, generation, 2);
      Atomics.notify(words, generation);
      return;
    }
    for (let spin = 0; spin < this.#spins; spin++) {
      if (Atomics.load(words, generation) !== mine) break;
    }
    for (;;) {
      const now = Atomics.load(words, generation);
      if (now >> 1 !== mine >> 1) return;
      if (now & 1) throw this.#error();
      Atomics.wait(words, generation, mine);
    }
  }

  /** This worker will not come again: who waits for it, now or later, gets an error. */
  leave(worker: number): void {
    this.#end(left + worker);
  }

  /** All who wait, now or later, get an error. Context: any thread. */
  abort(): void {
    this.#end(aborted);
  }

  #end(why: number): void {
    const words = this.#words;
    if (Atomics.compareExchange(words, ending, 0, why) !== 0) return;
    Atomics.or(words, generation, 1);
    Atomics.notify(words, generation);
  }

  #error(): LibosError {
    const why = Atomics.load(this.#words, ending);
    if (why === aborted) {
      return new LibosError('ERR_LIBOS_WORKERS', 'the simulation was ended in all of its workers');
    }
    return new LibosError(
      'ERR_LIBOS_WORKERS',
      `worker ${why - left} has come to the end of the scenario while others let time pass`,
      { hint: 'each worker evaluates the scenario and must do the same as the others' },
    );
  }
}
