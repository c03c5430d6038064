// SPDX-License-Identifier: GPL-2.0-only

/**
 * Debian's tree with one file changed, and a cache in which kernels of it are built: the source and the objects of
 * the real cache are seen there, what is built stays there. Made once the profile's own kernel is built.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { vi } from 'vitest';
import { cacheEntries, cachePath } from '../../kernel/build/cache.js';
import { ensureKernel } from '../../kernel/build/index.js';
import type { FormName } from '../../kernel/build/index.js';
import { findDebianSource } from '../../kernel/build/source.js';
import { linkTree } from './linux-tree.js';

export class ChangedTree implements Disposable {
  readonly folder: string;
  readonly path: string;
  /** What Debian's file holds. */
  readonly original: string;
  readonly #file: string;

  private constructor(folder: string, debianTree: string, file: string) {
    this.folder = folder;
    this.path = join(folder, 'linux');
    this.#file = file;
    linkTree(this.path, debianTree, file);
    this.original = readFileSync(join(debianTree, file), 'utf8');
  }

  /** Sets LIBOS_CACHE until the tree is disposed of. Kernels of `form` get a head start. */
  static async create(file: string, form: FormName = 'wasm32'): Promise<ChangedTree> {
    await ensureKernel({ profile: 'sim', form });
    const { tree } = await findDebianSource();
    const folder = mkdtempSync(join(tmpdir(), 'libos-own-'));
    const changed = new ChangedTree(folder, tree, file);
    const cache = join(folder, 'cache');
    for (const path of [cachePath('trees'), ...finishedBuilds(form)]) {
      const link = join(cache, path.slice(dirname(cachePath('trees')).length + 1));
      mkdirSync(dirname(link), { recursive: true });
      symlinkSync(path, link);
    }
    vi.stubEnv('LIBOS_CACHE', cache);
    return changed;
  }

  write(text: string): void {
    writeFileSync(join(this.path, this.#file), text);
  }

  [Symbol.dispose](): void {
    vi.unstubAllEnvs();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function finishedBuilds(form: FormName): string[] {
  return cacheEntries('builds')
    .filter((name) => name.startsWith(`sim-${form}-`) && !name.endsWith('.lock'))
    .map((name) => cachePath('builds', name));
}
