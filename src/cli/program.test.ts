// SPDX-License-Identifier: GPL-2.0-only

import { afterEach, describe, expect, test, vi } from 'vitest';
import { packageVersion } from '../package-root.js';
import { runLibos } from '../../test/helpers/command-line.js';

afterEach(() => void vi.restoreAllMocks());

describe('libos', () => {
  test('--version says the version of the package', async () => {
    expect(await runLibos('--version')).toEqual({ code: 0, out: `${packageVersion}\n`, err: '' });
  });

  test('--help is no error', async () => {
    const { code, out } = await runLibos('--help');
    expect(code).toBe(0);
    expect(out).toContain('Usage: libos');
  });

  test('an unknown option is one line, a way to help, and exit code 2', async () => {
    const { code, err } = await runLibos('--verison');
    expect(code).toBe(2);
    expect(err).toContain("unknown option '--verison'");
    expect(err).toContain('(Did you mean --version?)');
  });
});
