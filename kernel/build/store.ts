// SPDX-License-Identifier: GPL-2.0-only

/** The kernels in the cache: listing, naming and removing them. `libos kernel` is made of these. */
import { rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { LibosError } from '../../src/errors.js';
import { cacheEntries, cachePath, readIfThere, writeAtomically } from './cache.js';
import { checkName, kernelByName, kernelInFolder } from './locate.js';
import type { BuiltKernel } from './locate.js';
import { readManifest, readOrigin } from './manifest.js';
import type { FormName } from './manifest.js';

export interface ListedKernel extends BuiltKernel {
  readonly names: readonly string[];
  readonly linuxVersion: string;
  readonly profile: string;
  readonly form: FormName;
  /** Where the source came from: Debian's package, or the folder of a tree. */
  readonly source: string;
  /** The user's fragments. */
  readonly fragments: readonly string[];
  /** ISO 8601. */
  readonly builtAt: string;
}

/** Everything in the cache, newest first. */
export function listKernels(): ListedKernel[] {
  const names = cacheEntries('names').map((name) => ({ name, key: keyOfName(name) }));
  return cacheEntries('kernels')
    .flatMap((key) => kernelInFolder(cachePath('kernels', key)) ?? [])
    .map((kernel) => {
      const manifest = readManifest(kernel.manifestPath);
      const origin = readOrigin(cachePath('kernels', kernel.key));
      return {
        ...kernel,
        names: names.filter(({ key }) => key === kernel.key).map(({ name }) => name),
        linuxVersion: manifest.linux,
        profile: manifest.profile,
        form: manifest.form,
        source: origin?.sourceDir ?? manifest.source,
        fragments: origin?.fragments ?? [],
        builtAt: origin?.builtAt ?? statSync(kernel.manifestPath).mtime.toISOString(),
      };
    })
    .sort((a, b) => b.builtAt.localeCompare(a.builtAt));
}

/** Makes `name` stand for a kernel; one that only this name stood for, and that no key can be recomputed for, goes. */
export function nameKernel(name: string, key: string): void {
  checkName(name);
  const old = keyOfName(name);
  writeAtomically(cachePath('names', name), `${key}\n`);
  if (old !== undefined && old !== key) removeIfForgotten(old);
}

/** Removes a name, and its kernel with it if it has no other; or, of a key, the kernel with all its names. */
export function removeKernel(nameOrKey: string): { readonly key: string; readonly kept: boolean } {
  const { key, wasmPath } = kernelByName(nameOrKey);
  const folder = cachePath('kernels', key);
  if (dirname(wasmPath) !== folder) {
    throw new LibosError('ERR_LIBOS_KERNEL_NAME', `kernel '${nameOrKey}' is not in the cache`, {
      hint: `it is a part of the installed package: ${wasmPath}`,
    });
  }
  const names = cacheEntries('names').filter((name) => keyOfName(name) === key);
  const isName = names.includes(nameOrKey);
  for (const name of isName ? [nameOrKey] : names) rmSync(cachePath('names', name));
  const kept = isName && names.length > 1;
  if (!kept) rmSync(folder, { recursive: true });
  return { key, kept };
}

/** How many kernels of a profile stay when newer ones come: each state of kernel/arch makes one. */
const keptOfProfile = 4;

/** Removes the oldest of a profile's kernels that nobody has named; whoever wants one again builds it. */
export function pruneProfile({ profile, form }: Pick<ListedKernel, 'profile' | 'form'>): void {
  const unnamed = listKernels().filter(
    (kernel) =>
      kernel.names.length === 0 &&
      kernel.profile === profile &&
      kernel.form === form &&
      kernel.fragments.length === 0,
  );
  for (const { key } of unnamed.slice(keptOfProfile)) {
    rmSync(cachePath('kernels', key), { recursive: true });
  }
  for (const name of cacheEntries('profiles')) {
    const pointer = cachePath('profiles', name);
    if (!cacheEntries('kernels').includes(readIfThere(pointer)?.trim() ?? '')) rmSync(pointer);
  }
}

/** A kernel of a user's tree that nobody can name any more: the next build of that tree makes its like. */
function removeIfForgotten(key: string): void {
  const isNamed = cacheEntries('names').some((name) => keyOfName(name) === key);
  const fromTree = readOrigin(cachePath('kernels', key))?.sourceDir !== undefined;
  if (!isNamed && fromTree) rmSync(cachePath('kernels', key), { recursive: true });
}

function keyOfName(name: string): string | undefined {
  return readIfThere(cachePath('names', name))?.trim();
}
