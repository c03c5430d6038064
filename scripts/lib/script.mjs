// SPDX-License-Identifier: GPL-2.0-only

// How a script ends: what it returns is the exit code, and an error is said once and clearly.
import { reportError } from '../../src/cli/terminal.js';

/** An error of set-up that the person at the keyboard can mend, in the shape that `reportError` explains. */
export class SetupError extends Error {
  code = 'ERR_LIBOS_SETUP';

  constructor(message, hint) {
    super(message);
    this.hint = hint;
  }
}

/** Runs `main`; on an error says it and ends with exit code 1. */
export async function run(main) {
  try {
    process.exitCode = (await main()) ?? 0;
  } catch (error) {
    reportError(error);
    process.exitCode = 1;
  }
}
