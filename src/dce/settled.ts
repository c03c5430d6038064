// SPDX-License-Identifier: GPL-2.0-only

/** Whether something that a run waits for has come about: a program's end, or a promise. */
import { scenarioError } from './caller-line.js';
import type { Program } from './program.js';

/** `shared`: the simulation is in several workers. */
export function watchSettled(target: Program | Promise<unknown>, shared: boolean): () => boolean {
  if (!(target instanceof Promise)) {
    // Whoever waits for it handles what it throws.
    void target.done;
    return () => target.outcome !== undefined;
  }
  if (shared) {
    throw scenarioError('ERR_LIBOS_WORKERS', 'a promise is not settled in all workers at once', {
      hint: 'with several workers wait for a program: sim.runUntil(program), or sim.run() for all',
    });
  }
  let settled = false;
  const settle = (): void => void (settled = true);
  target.then(settle, settle);
  return () => settled;
}
