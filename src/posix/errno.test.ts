// SPDX-License-Identifier: GPL-2.0-only
import { getSystemErrorMap } from 'node:util';
import { expect, test } from 'vitest';
import { errno, errnoCode, isSystemError, SystemError } from './errno.js';

test('numbers and names are those that Node has on Linux', () => {
  for (const [number, [code]] of getSystemErrorMap()) {
    if (code in errno) expect(errnoCode(number)).toBe(code);
  }
  expect(errno.EAGAIN).toBe(11);
});

test('an error has Node’s shape', () => {
  const refused = new SystemError(111, 'connect', { address: '127.0.0.1', port: 1 });
  expect(refused).toMatchObject({
    message: 'connect ECONNREFUSED 127.0.0.1:1',
    code: 'ECONNREFUSED',
    errno: -111,
    syscall: 'connect',
    address: '127.0.0.1',
    port: 1,
  });
  expect(new SystemError(-2, 'open', { path: '/nope' }).message).toBe(
    "ENOENT: no such file or directory, open '/nope'",
  );
  expect(isSystemError(refused, 'ECONNREFUSED')).toBe(true);
  expect(isSystemError(refused, 'EPERM')).toBe(false);
  expect(isSystemError(new Error('no'))).toBe(false);
});

test('a number that Linux does not define still has a name', () => {
  expect(new SystemError(9999, 'x').code).toBe('EUNKNOWN_9999');
});
