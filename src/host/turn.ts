// SPDX-License-Identifier: GPL-2.0-only

/** A turn of the real event loop: when it resolves, every promise that could go on has gone on. */
import { setImmediate } from 'node:timers';

export function turnOfEventLoop(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
