// SPDX-License-Identifier: GPL-2.0-only

/** What the guide to real time shows does what it says. */
import { expect, test } from 'vitest';
import { runPage } from '../../helpers/guide.js';

test('real time', async () => {
  const [said] = await runPage('docs/guide/real-time.md');
  // 20 ms, and what a busy machine adds; the first one asks for an address too.
  expect(said).toMatch(/^ping: [2-9]0 ms$/);
});
