// SPDX-License-Identifier: GPL-2.0-only

/**
 * Promises of programs that nobody waits for (`void handle(socket)`). When one is rejected it is the program that
 * fails; Node.js would end the process. Rejections that are no program's are left to Node.js.
 */
import process from 'node:process';
import { currentProgram } from './program.js';

let watchers = 0;

/** While the result is not disposed of, such rejections fail their programs. */
export function watchRejections(): Disposable {
  if (watchers++ === 0) process.on('unhandledRejection', onRejection);
  let disposed = false;
  return {
    [Symbol.dispose]: () => {
      if (disposed) return;
      disposed = true;
      if (--watchers === 0) process.off('unhandledRejection', onRejection);
    },
  };
}

function onRejection(reason: unknown): void {
  const program = currentProgram();
  if (program) {
    program.floatingRejection(reason);
    return;
  }
  // As Node.js does without a listener; with others beside ours, it is theirs.
  if (process.listenerCount('unhandledRejection') > 1) return;
  throw reason instanceof Error ? reason : new Error('unhandled rejection', { cause: reason });
}
