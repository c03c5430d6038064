// SPDX-License-Identifier: GPL-2.0-only

/** A host outlives programs that pass nonsense: a pointer in it is never followed by the library's kernel. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loopbackHost, type LoopbackHost } from './host.js';

const source = new URL('garbage/garbage.c', import.meta.url).pathname;
let host: LoopbackHost;
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'libos-garbage-'));
  host = loopbackHost();
});
afterAll(async () => {
  await host.close();
  rmSync(folder, { recursive: true, force: true });
});

test('options, requests and messages full of nonsense leave the host alive', async () => {
  const program = join(folder, 'garbage');
  const options = ['-std=gnu11', '-D_GNU_SOURCE', '-O1', '-Wall', '-Wextra', '-Werror'];
  execFileSync('cc', [...options, source, '-o', program]);
  const seed = Math.floor(Math.random() * 1e6);
  for (const one of [1, 2, seed]) {
    const outcome = await host.run(program, String(one), '100');
    expect({ seed: one, ...outcome }).toMatchObject({ status: 0, stdout: 'alive\n' });
  }
  await expect.poll(() => host.socketCount, { timeout: 5000 }).toBe(0);
});
