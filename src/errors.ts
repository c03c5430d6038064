// SPDX-License-Identifier: GPL-2.0-only

/**
 * The error that every layer throws for something the caller can mend: a stable `code` to test for, a message
 * that names the thing, and a `hint` that says how to mend it. Never for what a simulated program can observe
 * (that is an errno) nor for a bug of our own (that is a plain invariant error).
 */
export class LibosError extends Error {
  override readonly name: string = 'LibosError';
  /** Stable and upper case, e.g. `ERR_LIBOS_KERNEL_NOT_FOUND`. */
  readonly code: string;
  /** What to do about it, one sentence. */
  readonly hint: string | undefined;

  constructor(code: string, message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.code = code;
    this.hint = options.hint;
  }
}
