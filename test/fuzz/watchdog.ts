// SPDX-License-Identifier: GPL-2.0-only

/** Ends what hangs, even a loop inside a kernel. */
import vm from 'node:vm';

/** Runs it, at most so long; the error says what `context` gives, which is asked for only then. */
export function watched<T>(action: () => T, limitMs: number, context: () => string): T {
  Object.assign(globalThis, { fuzzStep: action });
  try {
    return vm.runInThisContext('fuzzStep()', { timeout: limitMs }) as T;
  } catch (cause) {
    // A kernel's panic has the kernel's own stack.
    const what = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
    throw new Error(`${what}\n${context()}`, { cause });
  }
}
