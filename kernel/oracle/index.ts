// SPDX-License-Identifier: GPL-2.0-only

/** The oracle: the library's Linux as an ordinary kernel, to compare with. */
export { ensureOracle } from './build.js';
export type { Oracle, OracleOptions } from './build.js';
export { runOracle, runOracleTests } from './run.js';
export type { OracleRun, OracleTestRun } from './run.js';
export type { OracleKind } from './kinds.js';
