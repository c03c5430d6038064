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
    const [code, where] =
      apart === 'with isolatedHosts'
        ? (['ERR_LIBOS_ISOLATED', 'on all islands'] as const)
        : (['ERR_LIBOS_WORKERS', 'in all workers'] as const);
    throw scenarioError(code, `a promise is not settled ${where} at once`, {
      hint: `${apart} wait for a program: sim.runUntil(program), or sim.run() for all`,
    });
  }
  let settled = false;
  const settle = (): void => void (settled = true);
  target.then(settle, settle);
  return () => settled;
}
