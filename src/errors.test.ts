// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from 'vitest';
import { LibosError } from './errors.js';

describe('LibosError', () => {
  test('carries its code, its hint and its cause', () => {
    const cause = new Error('below');
    const error = new LibosError('ERR_LIBOS_TEST', 'no such thing', { hint: 'make one', cause });
    expect(error).toMatchObject({ name: 'LibosError', code: 'ERR_LIBOS_TEST', hint: 'make one' });
    expect(error.cause).toBe(cause);
    expect(String(error)).toBe('LibosError: no such thing');
  });

  test('has neither hint nor cause when given none', () => {
    const error = new LibosError('ERR_LIBOS_TEST', 'no such thing');
    expect(error.hint).toBeUndefined();
    expect('cause' in error).toBe(false);
  });
});
