// SPDX-License-Identifier: GPL-2.0-only

/**
 * What a kernel instance is given from outside: time, randomness, and ears for what it says. The kinds are in
 * src/host; an instance only ever sees these interfaces.
 */

export interface Clock {
  /** CLOCK_MONOTONIC of the host in whole nanoseconds; never goes back. */
  readonly nowNs: number;
}

/** A source of randomness for a kernel. */
export interface Entropy {
  /** Fills all of `bytes`. */
  fill(bytes: Uint8Array): void;
}

/** One record of the kernel's log. */
export interface ConsoleRecord {
  /** printk's level: 0 emergency, 3 error, 4 warning, 6 information, 7 debug. */
  readonly level: number;
  readonly timeNs: number;
  readonly text: string;
}

/** Takes the lines that the kernel prints. */
export type Console = (record: ConsoleRecord) => void;

/** A WARN fired. The kernel goes on. */
export interface KernelWarning {
  /** "file:line function" */
  readonly message: string;
  readonly timeNs: number;
  /** Kernel functions, innermost first, a line each. */
  readonly stack: string;
}
