// SPDX-License-Identifier: GPL-2.0-only

/**
 * Work in the real world from within a simulation: a file, a real socket, a thread pool. It takes real time and no
 * virtual time: the engine does not let time move until it is done, and gives out results in the order in which
 * they were asked for, so that how fast the world is changes nothing.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Engine } from './engine.js';

const outside = new AsyncLocalStorage<true>();

/** Whether the code that asks is such work. @internal */
export function isOutside(): boolean {
  return outside.getStore() === true;
}

/**
 * Does it, and calls `released` when its outcome is given out. When no run is under way nothing is held: whoever
 * waits then, waits in real time.
 */
export function reachOutside<T>(
  engine: Engine,
  work: () => T | Promise<T>,
  released: () => void = () => undefined,
): Promise<T> {
  const result = outside.run(true, async () => work());
  if (!engine.running) return result;
  return new Promise<void>((resolve) => {
    const release = (): void => {
      released();
      resolve();
    };
    engine.hold(
      result.then(
        () => release,
        () => release,
      ),
    );
  }).then(() => result);
}
