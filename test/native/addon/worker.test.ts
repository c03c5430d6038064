// SPDX-License-Identifier: GPL-2.0-only

/** The addon in threads: what a thread leaves open when it ends harms nobody. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

test('a thread may end with a host in real time open, and so may the process', () => {
  const program = fileURLToPath(new URL('worker.mjs', import.meta.url));
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, [program], {
    encoding: 'utf8',
    timeout: 60_000,
  });
  expect(stderr).toBe('');
  expect(stdout).toBe('thread 0 ended\nthread 1 ended\nLinux\n');
  expect({ status, signal }).toEqual({ status: 0, signal: null });
});
