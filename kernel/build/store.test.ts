// SPDX-License-Identifier: GPL-2.0-only

import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { writeAtomically } from './cache.js';
import { wasmForm } from './forms/wasm.js';
import { locateKernel, profilePointer } from './locate.js';
import { manifestText } from './manifest.js';
import { listKernels, nameKernel, pruneProfile, removeKernel } from './store.js';

let cache: string;
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'libos-store-'));
  vi.stubEnv('LIBOS_CACHE', cache);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(cache, { recursive: true });
});

function addKernel(key: string, builtAt: string, sourceDir?: string): void {
  const folder = join(cache, 'kernels', key);
  mkdirSync(folder, { recursive: true });
  const about = { abi: 1, linux: '6.12.117', source: 'tree x', profile: 'sim', compiler: 'clang' };
  writeFileSync(join(folder, 'manifest.json'), manifestText({ ...about, form: 'wasm32', key }));
  const origin = { builtAt, fragments: [], ...(sourceDir === undefined ? {} : { sourceDir }) };
  writeFileSync(join(folder, 'origin.json'), JSON.stringify(origin));
}

const one = 'aaaa1111aaaa1111aaaa1111';
const two = 'aaaa2222aaaa2222aaaa2222';

describe('locateKernel', () => {
  test('finds a kernel by name, key, beginning of a key, folder and file', () => {
    addKernel(one, '2026-01-01', '/tree');
    addKernel(two, '2026-01-02');
    nameKernel('mine', one);
    const path = join(cache, 'kernels', one, 'kernel.wasm');
    writeFileSync(path, '');
    for (const choice of [
      { name: 'mine' },
      { name: one },
      { name: 'aaaa1' },
      { path },
      { path: join(cache, 'kernels', one) },
    ]) {
      expect(locateKernel(choice)).toMatchObject({ key: one, wasmPath: path });
    }
  });

  test('finds the kernel of a profile only if it is of these sources', () => {
    addKernel(one, '2026-01-01');
    writeAtomically(join(cache, 'profiles/sim-wasm32-000000000000'), one);
    expect(() => locateKernel()).toThrow("the kernel of profile 'sim' is not built");
    writeAtomically(profilePointer('sim', wasmForm), one);
    expect(locateKernel().key).toBe(one);
    expect(locateKernel({ profile: 'sim' }).key).toBe(one);
  });

  test('takes the name in LIBOS_KERNEL when nothing else is said', () => {
    addKernel(two, '2026-01-02');
    vi.stubEnv('LIBOS_KERNEL', 'aaaa2');
    expect(locateKernel().key).toBe(two);
  });

  test.each([{ name: 'none' }, { name: '../kernels' }, { name: 'aaaa' }, { path: '/none.wasm' }])(
    'says that there is no %o',
    (choice) => {
      addKernel(one, '2026-01-01');
      addKernel(two, '2026-01-02');
      expect(() => locateKernel(choice)).toThrow(
        expect.objectContaining({ code: 'ERR_LIBOS_KERNEL_NOT_FOUND' }),
      );
    },
  );
});

describe('the kernels in the cache', () => {
  test('are listed newest first, with their names', () => {
    addKernel(one, '2026-01-01', '/tree');
    addKernel(two, '2026-01-02');
    nameKernel('mine', one);
    nameKernel('also-mine', one);
    expect(listKernels().map(({ key, names, source }) => ({ key, names, source }))).toEqual([
      { key: two, names: [], source: 'tree x' },
      { key: one, names: ['also-mine', 'mine'], source: '/tree' },
    ]);
  });

  test('go with their last name', () => {
    addKernel(one, '2026-01-01');
    nameKernel('mine', one);
    nameKernel('also-mine', one);
    expect(removeKernel('mine')).toEqual({ key: one, kept: true });
    expect(removeKernel('also-mine')).toEqual({ key: one, kept: false });
    expect(listKernels()).toEqual([]);
  });

  test("of a tree go when their name goes to the tree's next kernel, others stay", () => {
    addKernel(one, '2026-01-01', '/tree');
    addKernel(two, '2026-01-02');
    nameKernel('mine', one);
    nameKernel('mine', two);
    expect(listKernels().map(({ key }) => key)).toEqual([two]);
    nameKernel('mine', one);
    expect(listKernels().map(({ key }) => key)).toEqual([two]);
  });

  test('of a profile do not pile up, and named ones stay', () => {
    const keys = Array.from({ length: 9 }, (_, index) => String(index + 1).repeat(24));
    for (const [day, key] of keys.entries()) addKernel(key, `2026-01-0${day + 1}`);
    nameKernel('mine', keys[0]!);
    writeAtomically(join(cache, 'profiles/sim-wasm32-old'), keys[1]!);
    writeAtomically(join(cache, 'profiles/sim-wasm32-new'), keys[8]!);
    pruneProfile({ profile: 'sim', form: 'wasm32' });
    const kept = [8, 7, 6, 5, 0].map((index) => keys[index]);
    expect(listKernels().map(({ key }) => key)).toEqual(kept);
    expect(readdirSync(join(cache, 'profiles'))).toEqual(['sim-wasm32-new']);
  });

  test.each(['sim', 'full', '', 'a/b', '.hidden', 'x'.repeat(65)])(
    "cannot be called '%s'",
    (name) => {
      expect(() => nameKernel(name, one)).toThrow('a kernel cannot be called');
    },
  );
});
