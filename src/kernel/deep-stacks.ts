// SPDX-License-Identifier: GPL-2.0-only

/**
 * A kernel's panic shows the whole stack, so errors that are made inside a kernel may have deep ones. Saying so at
 * each call is dear, so who makes many calls in a row says it once.
 */

/** Frames of a kernel stack that are worth keeping. */
const framesMax = 100;

/** Whether stacks are deep now, by somebody's wish. */
export let stacksAreDeep = false;

/** What `endDeepStacks` is to be given. */
export function beginDeepStacks(): number {
  const outerFrames = Error.stackTraceLimit;
  Error.stackTraceLimit = framesMax;
  return outerFrames;
}

export function endDeepStacks(outerFrames: number): void {
  Error.stackTraceLimit = outerFrames;
}

/** Context: `run` calls kernels, and what is not part of the library as little as possible. */
export function withDeepStacks(run: () => void): void {
  if (stacksAreDeep) {
    run();
    return;
  }
  const outerFrames = beginDeepStacks();
  stacksAreDeep = true;
  try {
    run();
  } finally {
    stacksAreDeep = false;
    endDeepStacks(outerFrames);
  }
}
