// SPDX-License-Identifier: GPL-2.0-only

/**
 * Where workers write down how far they are, for all to read after the next barrier. There are two sides, one for
 * each other round, so that a fast worker does not wipe out what a slow one is still reading.
 */
import type { Standing } from './window.js';

/** Fields of a standing, then the first arrival at each worker of what was sent in the window. */
const fields = 7;

function sideFloats(workers: number): number {
  return workers * (fields + workers);
}

export function standingsBytes(workers: number): number {
  return (2 * sideFloats(workers) + workers) * 8;
}

export class Board {
  readonly #workers: number;
  readonly #sides: readonly [Float64Array, Float64Array];
  /** By worker: 1 while it waits at a barrier. */
  readonly #waiting: Int32Array;
  #now = 0;

  constructor(memory: SharedArrayBuffer, workers: number) {
    const floats = sideFloats(workers);
    this.#workers = workers;
    this.#sides = [
      new Float64Array(memory, 0, floats),
      new Float64Array(memory, floats * 8, floats),
    ];
    this.#waiting = new Int32Array(memory, 2 * floats * 8, workers);
  }

  /** Before a barrier. `firstArrivalsNs`: by worker, of frames sent to it since the barrier before. */
  write(worker: number, standing: Standing, firstArrivalsNs: Float64Array): void {
    const side = this.#sides[this.#now]!;
    const at = worker * (fields + this.#workers);
    side[at] = standing.nextNs;
    side[at + 1] = standing.lastNs;
    side[at + 2] = standing.unfinished;
    side[at + 3] = standing.endedNs;
    side[at + 4] = standing.failedNs;
    side[at + 5] = standing.scenarioNs;
    side[at + 6] = standing.pauseNs;
    side.set(firstArrivalsNs, at + fields);
  }

  /** After the barrier: of all workers, with what is on its way to each. */
  read(): Standing[] {
    const side = this.#sides[this.#now]!;
    this.#now = 1 - this.#now;
    const workers = this.#workers;
    const stride = fields + workers;
    return Array.from({ length: workers }, (_, worker) => {
      const at = worker * stride;
      let nextNs = side[at]!;
      for (let from = 0; from < workers; from++) {
        nextNs = Math.min(nextNs, side[from * stride + fields + worker]!);
      }
      return {
        nextNs,
        lastNs: side[at + 1]!,
        unfinished: side[at + 2]!,
        endedNs: side[at + 3]!,
        failedNs: side[at + 4]!,
        scenarioNs: side[at + 5]!,
        pauseNs: side[at + 6]!,
      };
    });
  }

  setWaiting(worker: number, waiting: boolean): void {
    Atomics.store(this.#waiting, worker, waiting ? 1 : 0);
  }

  isWaiting(worker: number): boolean {
    return Atomics.load(this.#waiting, worker) === 1;
  }
}
