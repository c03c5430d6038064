// SPDX-License-Identifier: GPL-2.0-only

/**
 * Where a piece of a scenario's JavaScript runs, as far as its globals go: in a program on a host, whose clock and
 * random stream it then has, or outside of any program, where the simulation's own count.
 */
import type { Cancellable } from '../../../dce/index.js';
import type { SeededEntropy } from '../../../host/index.js';

export interface Realm {
  /** A monotonic clock in nanoseconds, 0 at the simulation's start. */
  readonly nowNs: number;
  /** The calendar in milliseconds since 1970, with a fraction. */
  readonly dateMs: number;
  /** What a right calendar says at 0 ns. */
  readonly timeOriginMs: number;
  readonly entropy: SeededEntropy;
  /** Calls back when `nowNs` has reached a time; never if what the realm stands for is gone by then. */
  callAt(timeNs: number, callback: () => void): Cancellable;
  /** Calls back before time moves on. */
  defer(callback: () => void): void;
}

/** The realm of the code that asks. */
export type CurrentRealm = () => Realm;

/** The date that `Date` shows before there is a simulation, and a simulation's default start. */
export const defaultStartDateMs = Date.UTC(2025, 0, 1);
