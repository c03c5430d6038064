// SPDX-License-Identifier: GPL-2.0-only

/** The command in this process, for tests: what it printed and its exit code. */
import process from 'node:process';
import { vi } from 'vitest';
import { runCommandLine } from '../../src/cli/program.js';

/** Context: the caller restores the spies (`vi.restoreAllMocks`) after each test. */
export async function runLibos(
  ...args: string[]
): Promise<{ code: number; out: string; err: string }> {
  const result = { code: 0, out: '', err: '' };
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    result.out += String(text);
    return true;
  });
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    result.err += String(text);
    return true;
  });
  result.code = await runCommandLine(args);
  return result;
}
