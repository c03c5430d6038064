// SPDX-License-Identifier: GPL-2.0-only

/** What a snapshot asks of each part of a simulation. */
export interface Stateful {
  /** Plain data and typed arrays that structured clone copies, of nothing that still changes. */
  saveState(): unknown;
  /** Goes on from a state that the same part of the same topology saved. */
  restoreState(state: unknown): void;
}
