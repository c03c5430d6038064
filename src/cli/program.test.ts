// SPDX-License-Identifier: GPL-2.0-only

import { afterEach, describe, expect, test, vi } from 'vitest';
import { packageVersion } from '../package-root.js';
import { runCommandLine } from './program.js';

async function run(...args: string[]): Promise<{ code: number; out: string; err: string }> {
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

afterEach(() => void vi.restoreAllMocks());

describe('libos', () => {
  test('--version says the version of the package', async () => {
    expect(await run('--version')).toEqual({ code: 0, out: `${packageVersion}\n`, err: '' });
  });

  test('--help is no error', async () => {
    const { code, out } = await run('--help');
    expect(code).toBe(0);
    expect(out).toContain('Usage: libos');
  });

  test('an unknown option is one line, a way to help, and exit code 2', async () => {
    const { code, err } = await run('--verison');
    expect(code).toBe(2);
    expect(err).toContain("unknown option '--verison'");
    expect(err).toContain('(Did you mean --version?)');
  });
});
