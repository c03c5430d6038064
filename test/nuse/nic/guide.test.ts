// SPDX-License-Identifier: GPL-2.0-only

import { expect, test } from 'vitest';
import { runPage } from '../../helpers/guide.js';

test('the example of docs/guide/nics.md does what the page says', async () => {
  expect(await runPage('docs/guide/nics.md')).toEqual([
    '64 bytes from 192.0.2.1',
    'eth0 up 192.0.2.2/24',
    'eth1 up 198.51.100.1/24',
    'true',
    'true',
  ]);
});
