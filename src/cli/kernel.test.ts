// SPDX-License-Identifier: GPL-2.0-only

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { runLibos } from '../../test/helpers/command-line.js';

const key = 'abcd0123456789abcdef0123';
let cache: string;

beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'libos-cli-'));
  vi.stubEnv('LIBOS_CACHE', cache);
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  rmSync(cache, { recursive: true });
});

const run = (...args: string[]): ReturnType<typeof runLibos> => runLibos('kernel', ...args);

/** A kernel in the cache, named `mine`, as far as these commands look at it. */
function addKernel(): void {
  const folder = join(cache, 'kernels', key);
  mkdirSync(folder, { recursive: true });
  mkdirSync(join(cache, 'names'));
  const manifest = {
    abi: 1,
    linux: '6.12.117',
    source: 'Debian x',
    profile: 'sim',
    form: 'wasm32',
  };
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify({ ...manifest, key }));
  const origin = { builtAt: '2026-01-02T03:04:05.678Z', sourceDir: '/src/linux', fragments: [] };
  writeFileSync(join(folder, 'origin.json'), JSON.stringify(origin));
  writeFileSync(join(cache, 'names/mine'), `${key}\n`);
}

describe('libos kernel list', () => {
  test('says what to do when there is none', async () => {
    const { code, out } = await run('list');
    expect({ code, out }).toEqual({
      code: 0,
      out: 'no kernel is built; `libos kernel build` builds one\n',
    });
  });

  test('is a table for people', async () => {
    addKernel();
    const { out } = await run('list');
    expect(out.split('\n')).toEqual([
      'NAME  KEY           LINUX     PROFILE  FORM    BUILT (UTC)       SOURCE',
      'mine  abcd01234567  6.12.117  sim      wasm32  2026-01-02 03:04  /src/linux',
      '',
    ]);
  });

  test('is JSON for programs', async () => {
    addKernel();
    const { out } = await run('list', '--json');
    expect(JSON.parse(out)).toMatchObject([{ key, names: ['mine'], linuxVersion: '6.12.117' }]);
  });
});

describe('libos kernel path', () => {
  test('prints the file and nothing else', async () => {
    addKernel();
    expect(await run('path', 'mine')).toEqual({
      code: 0,
      out: `${cache}/kernels/${key}/kernel.wasm\n`,
      err: '',
    });
  });

  test('says that there is no such kernel', async () => {
    const { code, err } = await run('path', 'other');
    expect(code).toBe(1);
    expect(err).toBe(
      "error: there is no kernel 'other'\nhint: `libos kernel list` shows what there is\n",
    );
  });
});

test('libos kernel remove takes the kernel away with its last name', async () => {
  addKernel();
  expect((await run('remove', 'mine')).out).toBe('kernel abcd01234567 is removed\n');
  expect((await run('list', '--json')).out).toBe('[]\n');
});

describe('libos kernel build', () => {
  test.each([
    [['--source', '/none'], 'error: no folder /none'],
    [['--source', '/none', '--name', 'a/b'], "error: a kernel cannot be called 'a/b'"],
    [['--config', '/none.config'], 'error: there is no configuration fragment /none.config'],
  ])('%j is one clear error', async (args, message) => {
    const { code, err } = await run('build', ...args);
    expect(code).toBe(1);
    expect(err).toContain(message);
  });

  test('knows its profiles', async () => {
    const { code, err } = await run('build', '--profile', 'huge');
    expect(code).toBe(2);
    expect(err).toContain('Allowed choices are sim, full, test.');
  });
});
