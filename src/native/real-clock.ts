// SPDX-License-Identifier: GPL-2.0-only

/** The machine's CLOCK_MONOTONIC as a host's clock, for kernels that read it themselves at each call. */
import { hrtime } from 'node:process';
import type { Clock } from '../host/index.js';

function monotonicNs(): number {
  const [seconds, nanoseconds] = hrtime();
  return seconds * 1e9 + nanoseconds;
}

export class MonotonicClock implements Clock {
  /** CLOCK_MONOTONIC at this clock's 0, in ns. */
  readonly epochNs: number;

  /** From 1 at its creation: at 0 Linux takes time stamps for missing. */
  constructor() {
    this.epochNs = monotonicNs() - 1;
  }

  get nowNs(): number {
    return monotonicNs() - this.epochNs;
  }
}
