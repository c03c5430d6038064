// SPDX-License-Identifier: GPL-2.0-only

/** A program that never yields is stopped and named, with the line where it spins. */
import { expect, test } from 'vitest';
import { runFile } from './run-file.js';

const watchdog = '4 s';

test.each([
  ['loop', 'bob/server has not yielded for 4 s of real time (spin.ts:13)'],
  // A loop of two lines: it is at one of them.
  ['promises', /^bob\/server has not yielded for 4 s of real time \(spin\.ts:2[234]\)$/],
  ['top', 'the scenario has not yielded for 4 s of real time (spin.ts:13)'],
])('%s', async (how, message) => {
  const { ok, error } = await runFile('spin.ts', { watchdog, parameters: { how } });
  expect(ok).toBe(false);
  expect(error!.code).toBe('ERR_LIBOS_SPIN');
  expect(error!.message).toMatch(message);
});
