// SPDX-License-Identifier: GPL-2.0-only

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { cacheRoot, publishFolder, writeAtomically } from './cache.js';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'libos-cache-'))));
afterEach(() => rmSync(folder, { recursive: true }));

test('the cache is where the environment says', () => {
  expect(cacheRoot({ LIBOS_CACHE: '/a', XDG_CACHE_HOME: '/b' })).toBe('/a');
  expect(cacheRoot({ XDG_CACHE_HOME: '/b' })).toBe('/b/libos');
  expect(cacheRoot({})).toBe(join(homedir(), '.cache/libos'));
});

describe('publishFolder', () => {
  const fill = (text: string) => (temporary: string) => writeFileSync(join(temporary, 'f'), text);

  test('puts a folder into its place, also over another', async () => {
    const path = join(folder, 'kernels/key');
    await publishFolder(path, fill('one'));
    await publishFolder(path, fill('two'));
    expect(readFileSync(join(path, 'f'), 'utf8')).toBe('two');
    expect(readdirSync(join(folder, 'kernels'))).toEqual(['key']);
  });

  test('leaves what was there, and nothing else, when filling fails', async () => {
    const path = join(folder, 'key');
    await publishFolder(path, fill('one'));
    const failing = publishFolder(path, (temporary) => {
      fill('half')(temporary);
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(readFileSync(join(path, 'f'), 'utf8')).toBe('one');
    expect(readdirSync(folder)).toEqual(['key']);
  });

  test('sweeps up after a process that was killed', async () => {
    mkdirSync(join(folder, `.other.${spawnSync('true').pid}.0`));
    mkdirSync(join(folder, `.mine.${process.pid}.99`));
    await publishFolder(join(folder, 'key'), fill('one'));
    expect(readdirSync(folder).sort()).toEqual([`.mine.${process.pid}.99`, 'key']);
  });
});

test('writeAtomically makes the folders on the way', () => {
  writeAtomically(join(folder, 'a/b'), 'text');
  expect(readFileSync(join(folder, 'a/b'), 'utf8')).toBe('text');
});
