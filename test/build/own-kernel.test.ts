// SPDX-License-Identifier: GPL-2.0-only

/**
 * A protocol developer's day: a tree with one file of TCP changed becomes a kernel that boots, a change of the
 * change is running soon after, and both kernels serve one process.
 */
import { mkdtempSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { cacheEntries, cachePath } from '../../kernel/build/cache.js';
import { buildKernel, ensureKernel, listKernels } from '../../kernel/build/index.js';
import { findDebianSource } from '../../kernel/build/source.js';
import { Kernel } from '../../src/kernel/index.js';
import { linkTree } from '../helpers/linux-tree.js';

const changedFile = 'net/ipv4/tcp_input.c';
let folder = '';
let tree = '';
let original = '';

beforeAll(async () => {
  await ensureKernel({ profile: 'sim' });
  const { tree: debianTree } = await findDebianSource();
  folder = mkdtempSync(join(tmpdir(), 'libos-own-'));
  tree = join(folder, 'linux');
  linkTree(tree, debianTree, changedFile);
  original = readFileSync(join(debianTree, changedFile), 'utf8');
  // A cache of its own, but for the source and the objects of profile sim.
  const cache = join(folder, 'cache');
  for (const path of [cachePath('trees'), ...finishedBuilds()]) {
    const link = join(cache, path.slice(dirname(cachePath('trees')).length + 1));
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(path, link);
  }
  vi.stubEnv('LIBOS_CACHE', cache);
});
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

function finishedBuilds(): string[] {
  return cacheEntries('builds')
    .filter((name) => name.startsWith('sim-wasm32-') && !name.endsWith('.lock'))
    .map((name) => cachePath('builds', name));
}

/** Gives the tree's TCP something to say at boot. */
function changeTcp(says: string): void {
  const initcall = `
static int __init own_change(void)
{
	pr_info("${says}\\n");
	return 0;
}
late_initcall(own_change);
`;
  writeFileSync(join(tree, changedFile), original + initcall);
}

async function bootMessages(name: string): Promise<string> {
  const kernel = await Kernel.load({ name });
  let text = '';
  kernel.boot({
    clock: { nowNs: 0 },
    entropy: { fill: (bytes) => void bytes.fill(7) },
    console: (record) => (text += `${record.text}\n`),
  });
  return text;
}

test('a changed tcp_input.c is running in under 30 seconds, beside the one before', async () => {
  changeTcp('first change');
  const first = await buildKernel({ sourceDir: tree, name: 'first' });
  expect(first).toMatchObject({ name: 'first', cached: false });

  changeTcp('second change');
  const startedMs = performance.now();
  const second = await buildKernel({ sourceDir: tree });
  const messages = await bootMessages('linux');
  expect((performance.now() - startedMs) / 1000).toBeLessThan(30);

  expect(second.name).toBe('linux');
  expect(messages).toContain('second change');
  expect(await bootMessages('first')).toContain('first change');

  expect(listKernels().map(({ names, source }) => ({ names, source }))).toEqual([
    { names: ['linux'], source: tree },
    { names: ['first'], source: tree },
  ]);
});

test('a kernel says nothing of the place where it was built', async () => {
  const { kernel } = await buildKernel({ sourceDir: tree });
  const debug = readFileSync(join(dirname(kernel.wasmPath), 'kernel.debug.wasm'), 'latin1');
  expect(debug).toContain('/linux/objects');
  expect([folder, dirname(cachePath('trees'))].filter((place) => debug.includes(place))).toEqual(
    [],
  );
});
