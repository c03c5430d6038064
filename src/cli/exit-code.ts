// SPDX-License-Identifier: GPL-2.0-only

/** Thrown by a command that has said already what went wrong: the process ends with this code. */
export class ExitCode extends Error {
  readonly code: number;

  constructor(code: number) {
    super(`exit code ${code}`);
    this.code = code;
  }
}
