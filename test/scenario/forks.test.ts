// SPDX-License-Identifier: GPL-2.0-only

import { expect, test } from 'vitest';
import { runFile } from './run-file.js';

test('virtual clocks, timers and chance of programs come back with a snapshot, and differ with another seed', async () => {
  const { output } = await runFile('forks.ts');
  expect(output.split('\n').filter((line) => /^(restored|forked|another)/.test(line))).toEqual([
    'restored true',
    'forked true',
    'another false',
  ]);
});
