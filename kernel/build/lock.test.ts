// SPDX-License-Identifier: GPL-2.0-only

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { withLock } from './lock.js';

let folder: string;
let lock: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'libos-lock-'));
  lock = join(folder, 'a.lock');
});
afterEach(() => rmSync(folder, { recursive: true }));

test('two that want one lock take turns, and leave nothing behind', async () => {
  const events: string[] = [];
  const waits = vi.fn();
  const job = (name: string) => () =>
    Promise.resolve()
      .then(() => events.push(`${name} begins`))
      .then(() => new Promise((resolve) => setTimeout(resolve, 30)))
      .then(() => events.push(`${name} ends`));
  await Promise.all([withLock(lock, waits, job('one')), withLock(lock, waits, job('two'))]);
  expect(events).toEqual(['one begins', 'one ends', 'two begins', 'two ends']);
  expect(waits.mock.calls).toEqual([[process.pid]]);
  expect(readdirSync(folder)).toEqual([]);
});

test('a failure gives the lock back', async () => {
  const work = (): Promise<never> => Promise.reject(new Error('no'));
  await expect(withLock(lock, vi.fn(), work)).rejects.toThrow('no');
  expect(existsSync(lock)).toBe(false);
});

test.each([
  ['a process that is no more', `${spawnSync('true').pid} 1\n`],
  ['a process whose number another one has now', `${process.pid} 1\n`],
  ['nobody', 'garbage'],
])('the lock of %s does not count', async (_, holder) => {
  writeFileSync(lock, holder);
  const waits = vi.fn();
  await withLock(lock, waits, () => Promise.resolve());
  expect(waits).not.toHaveBeenCalled();
});
