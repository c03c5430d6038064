// SPDX-License-Identifier: GPL-2.0-only

import { expect, test } from 'vitest';
import { LibosError } from '../../errors.js';
import { ProgramError } from '../program.js';
import { packError, unpackError } from './packed-error.js';

const sent = (error: Error): Error => unpackError(structuredClone(packError(error)));

test('class, code, hint and cause come over', () => {
  const cause = Object.assign(new LibosError('ERR_LIBOS_X', 'inner', { hint: 'mend it' }), {
    errno: -111,
    syscall: () => 'connect',
  });
  const error = sent(new ProgramError('alice/client', 'x.ts:3', cause));
  expect(error).toBeInstanceOf(ProgramError);
  expect(error).toMatchObject({
    name: 'ProgramError',
    code: 'ERR_LIBOS_PROGRAM',
    program: 'alice/client',
  });
  expect(error.stack).toContain('packed-error.test.ts');
  expect(error.cause).toBeInstanceOf(LibosError);
  expect(error.cause).toMatchObject({ message: 'inner', hint: 'mend it', errno: -111 });
});

test('whatever was thrown comes over, if only as a text', () => {
  expect(sent(new TypeError('x'))).toMatchObject({ name: 'TypeError', message: 'x' });
  expect(sent(new Error('x', { cause: { a: 1 } })).cause).toEqual({ a: 1 });
  expect(sent(new Error('x', { cause: Symbol('s') })).cause).toBe('Symbol(s)');
});
