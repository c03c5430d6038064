// SPDX-License-Identifier: GPL-2.0-only

/** Clocks: what a host takes for CLOCK_MONOTONIC. */
import type { Clock } from '../kernel/index.js';

export type { Clock };

/** Stands still until somebody moves it. */
export class SimulatedClock implements Clock {
  #nowNs: number;

  constructor(nowNs = 0) {
    this.#nowNs = nowNs;
  }

  get nowNs(): number {
    return this.#nowNs;
  }

  /** Context: called by the driver of a simulation alone, with a whole number. */
  advanceTo(timeNs: number): void {
    if (timeNs < this.#nowNs) {
      throw new Error(`clock: ${timeNs} ns is before ${this.#nowNs} ns, and time does not go back`);
    }
    this.#nowNs = timeNs;
  }

  /** For a simulation that goes back to an earlier moment, or goes on from one. */
  reset(timeNs: number): void {
    this.#nowNs = timeNs;
  }
}

// Kept: what the global gives is virtual where a scenario runs.
const realNowMs = performance.now.bind(performance);

/** The machine's monotonic clock, from 0 at its creation. */
export class RealClock implements Clock {
  readonly #startMs = realNowMs();

  get nowNs(): number {
    return Math.round((realNowMs() - this.#startMs) * 1e6);
  }
}
