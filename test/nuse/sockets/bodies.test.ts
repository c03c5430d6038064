// SPDX-License-Identifier: GPL-2.0-only

/**
 * What a program sees of its sockets: each body, a small C program, runs on this machine's own Linux and on the
 * library's, over the loopback of either, and must say the same.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loopbackHost, runProgram, type LoopbackHost } from './host.js';

const sources = new URL('bodies/', import.meta.url).pathname;
const names = readdirSync(sources)
  .filter((name) => name.endsWith('.c'))
  .map((name) => name.slice(0, -2));

let host: LoopbackHost;
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'libos-bodies-'));
  host = loopbackHost();
});
afterAll(async () => {
  await host.close();
  rmSync(folder, { recursive: true, force: true });
});

function compiled(name: string): string {
  const path = join(folder, name);
  const options = ['-std=gnu11', '-D_GNU_SOURCE', '-O1', '-pthread', '-Wall', '-Wextra', '-Werror'];
  execFileSync('cc', [...options, join(sources, `${name}.c`), '-o', path]);
  return path;
}

describe('a program sees the same on both', () => {
  test.each(names)('%s', async (name) => {
    const path = compiled(name);
    const ours = await host.run(path);
    const linux = await runProgram(path, []);
    expect({ ...linux, stderr: '' }).toMatchObject({ status: 0 });
    expect(ours).toEqual(linux);
    expect(host.log).toEqual([]);
  });

  test('and leaves no socket behind', async () => {
    await expect.poll(() => host.socketCount, { timeout: 5000 }).toBe(0);
  });
});
