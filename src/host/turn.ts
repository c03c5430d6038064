// SPDX-License-Identifier: GPL-2.0-only

/** A turn of the real event loop: when it resolves, every promise that could go on has gone on. */
import { setImmediate } from 'node:timers';

// Kept: the module's export is virtual where a scenario runs.
const realSetImmediate = setImmediate;

export function turnOfEventLoop(): Promise<void> {
  return new Promise((resolve) => realSetImmediate(resolve));
}
