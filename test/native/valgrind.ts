// SPDX-License-Identifier: GPL-2.0-only

/** Runs programs under memcheck, each in the same way. */
import { join } from 'node:path';
import { packageRoot } from '../../src/package-root.js';
import { run } from './link.js';
import type { Run } from './link.js';

export const suppressions = join(packageRoot, 'test/native/valgrind.supp');

/** What a program exits with in which memcheck has found something. */
export const foundCode = 99;

export function memcheck(
  command: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Run {
  const options = [`--error-exitcode=${foundCode}`, `--suppressions=${suppressions}`];
  // What is allocated when a host's program ends is no leak: nothing frees a kernel.
  const more = ['--leak-check=no', '--num-callers=30', '--error-limit=no'];
  return run('valgrind', [...options, ...more, ...command], env);
}
