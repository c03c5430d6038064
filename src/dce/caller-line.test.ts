// SPDX-License-Identifier: GPL-2.0-only

import { expect, test } from 'vitest';
import { LibosError } from '../errors.js';
import { KernelPanic } from '../kernel/index.js';
import { CallerLine, located, scenarioError } from './caller-line.js';

test('the line is that of the first frame outside of the library', () => {
  const here = CallerLine.here();
  const line = Number(/^caller-line\.test\.ts:(\d+)$/.exec(here.toString())![1]);
  expect(line).toBeGreaterThan(8);
  // It is the same however often it is read.
  expect(here.toString()).toBe(here.toString());
});

test('an error of the library gets the line once, and keeps its code and hint', () => {
  const wrong = (): never => {
    throw new LibosError('ERR_LIBOS_X', 'it is wrong', { hint: 'do it right' });
  };
  let error: unknown;
  try {
    located(() => located(wrong));
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toMatchObject({ code: 'ERR_LIBOS_X', hint: 'do it right' });
  expect((error as Error).message).toMatch(/^it is wrong \(caller-line\.test\.ts:\d+\)$/);
  expect((error as Error).cause).toBeInstanceOf(LibosError);
  expect(error).toBeInstanceOf(LibosError);
});

test('what is no mistake of the scenario stays what it is', () => {
  const bug = new TypeError('a bug');
  expect(() =>
    located(() => {
      throw bug;
    }),
  ).toThrow(bug);
  const panic = new KernelPanic({
    ...{ reason: 'BUG', kernelMessage: 'x', host: 'a', timeNs: 0, console: [] },
  });
  expect(() =>
    located(() => {
      throw panic;
    }),
  ).toThrow(panic);
  expect(located(() => 1)).toBe(1);
});

test('a mark says where something was asked for, wherever it is found out', () => {
  const at = CallerLine.here();
  const { message } = scenarioError('ERR_LIBOS_X', 'no', { at });
  expect(message).toBe(`no (${at.toString()})`);
});
