// SPDX-License-Identifier: GPL-2.0-only

/** What the guide and the README show does what they say. */
import { rmSync } from 'node:fs';
import { expect, test } from 'vitest';
import { runPage } from '../helpers/guide.js';
import { onNativeForm } from '../helpers/virtual-host.js';

test('a first simulation', async () => {
  const [hello, ping, states] = await runPage('docs/guide/first-simulation.md');
  expect(hello).toMatch(/^hello after 11\d\d(\.\d+)? ms$/);
  expect(ping).toMatch(/^ping: 50\.\d+ ms true$/);
  expect(states).toBe('failed up');
});

test('the README', async () => {
  const [said] = await runPage('README.md');
  expect(said).toMatch(/^hello over real TCP, after \d+(\.\d+)? ms of virtual time$/);
});

test('links', async () => {
  const lines = await runPage('docs/guide/links.md');
  expect(lines).toEqual([
    'pings 41 60',
    'no connection after 5 s 5',
    'echoed 72 at east',
    'carol: unreachable true',
    'carol: reaches dave again',
  ]);
});

test('observing', async () => {
  const lines = await runPage('docs/guide/observing.md');
  rmSync('/tmp/libos-observing', { recursive: true });
  expect(lines).toEqual([
    expect.stringMatching(/^cwnd \d+, sent again [1-9]\d*, RTT true$/),
    expect.stringMatching(/^queue [1-5]\d, dropped \d+$/),
    'bob received {"bytes":2000000}',
    '16 true',
  ]);
});

// There are none of native kernels.
if (!onNativeForm) {
  test('snapshots', async () => {
    const lines = await runPage('docs/guide/snapshots.md');
    expect(lines).toEqual([
      'the same true',
      '1 Mbit/s 1',
      '4 Mbit/s 4',
      expect.stringMatching(/^16 Mbit\/s \d+$/),
    ]);
  });
}
