// SPDX-License-Identifier: GPL-2.0-only

/** What the guide to real time shows does what it says. */
import { expect, test } from 'vitest';
import { runPage } from '../../helpers/guide.js';

test('real time', async () => {
  const [said] = await runPage('docs/guide/real-time.md');
  expect(said).toBe('over both ways of the link: true');
});
