// SPDX-License-Identifier: GPL-2.0-only

/**
 * How links and hosts are told that a moment has come. The driver of a simulation provides it (src/dce); on real
 * time something else will. Nothing is allocated for an event: its arguments are two numbers.
 */
export interface Timed {
  /** Context: no kernel is inside a call. */
  onTime(a: number, b: number): void;
}

/** A kernel with queued work. */
export interface Runnable {
  run(): void;
  /** Set once it cannot be run any more. */
  readonly death: unknown;
}

export interface Scheduler {
  readonly nowNs: number;
  /** Calls `target.onTime(a, b)` at `timeNs`, after what was asked for the same moment before. */
  at(timeNs: number, target: Timed, a: number, b: number): void;
  /** Calls `kernel.run()` once before time moves on, however often this was called. */
  runBeforeTimeMoves(kernel: Runnable): void;
  /** A program can go on: its promises are given the time to, before time moves on. */
  programsWoken(): void;
}
