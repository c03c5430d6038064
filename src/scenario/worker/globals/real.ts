// SPDX-License-Identifier: GPL-2.0-only

/**
 * The globals of Node.js as they were before the virtual ones took their places: for libos itself, and for what
 * the virtual ones are made from. Context: loaded before `installGlobals` is called.
 */
import { performance } from 'node:perf_hooks';

/** The real calendar, whose constructor makes dates of given moments. */
export const RealDate = Date;

const now = performance.now.bind(performance);

/** The machine's monotonic clock in milliseconds. */
export const realNowMs = (): number => now();

const every = globalThis.setInterval;

/** Calls back on real time for as long as the thread lives, without keeping it alive. */
export function everyRealMs(periodMs: number, callback: () => void): void {
  every(callback, periodMs).unref();
}

const immediate = globalThis.setImmediate;

/** Calls back at the next turn of the real event loop. */
export function realSetImmediate(callback: () => void): void {
  immediate(callback);
}
