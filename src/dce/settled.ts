// SPDX-License-Identifier: GPL-2.0-only

/** Whether something that a run waits for has come about: a program's end, or a promise. */
import { scenarioError } from './caller-line.js';
import type { Program } from './program.js';

/** `apart`: hosts are not all at the same time, and why. */
export function watchSettled(
  target: Program | Promise<unknown>,
  apart: 'with several workers' | 'with isolatedHosts' | undefined,
): () => boolean {
  if (!(target instanceof Promise)) {
    // Whoever waits for it handles what it throws.
    void target.done;
    return () => target.outcome !== undefined;
  }
  if (apart !== undefined) {
    const code = apart === 'with isolatedHosts' ? 'ERR_LIBOS_ISOLATED' : 'ERR_LIBOS_WORKERS';
    throw scenarioError(code, 'a promise is not settled for all hosts at the same time', {
      hint: `${apart} wait for a program: sim.runUntil(program), or sim.run() for all`,
    });
  }
  let settled = false;
  const settle = (): void => void (settled = true);
  target.then(settle, settle);
  return () => settled;
}
