// SPDX-License-Identifier: GPL-2.0-only

/**
 * Builds kernels: source, configuration, objects, link, and a place in the cache. Set-up calls `ensureKernel` for
 * a profile, `libos kernel build` calls `buildKernel` for whatever a user has. An interrupted or failed build
 * leaves compiled objects to go on from, and never a kernel that is half there.
 */
import { basename, resolve } from 'node:path';
import { LibosError } from '../../src/errors.js';
import { cachePath, readIfThere, writeAtomically } from './cache.js';
import { parseFragment } from './config.js';
import { wasmForm } from './forms/wasm.js';
import { checkName, formNamed, kernelByName, kernelInFolder, profilePointer } from './locate.js';
import type { BuiltKernel } from './locate.js';
import type { FormName } from './manifest.js';
import { ownSourcesDigest, requireProfile } from './own-sources.js';
import type { Profile } from './own-sources.js';
import { runPipeline } from './pipeline.js';
import { recipeKey } from './recipe.js';
import type { Recipe } from './recipe.js';
import { silent } from './progress.js';
import type { OnProgress } from './progress.js';
import { findDebianSource, openDirectorySource } from './source.js';
import { nameKernel, pruneProfile } from './store.js';
import { compilerVersion } from './toolchain.js';

export { cacheRoot } from './cache.js';
export { locateKernel } from './locate.js';
export type { BuiltKernel, KernelChoice } from './locate.js';
export type { FormName, Manifest } from './manifest.js';
export { profiles } from './own-sources.js';
export type { Profile } from './own-sources.js';
export type { BuildProgress, OnProgress } from './progress.js';
export { listKernels, removeKernel } from './store.js';
export type { ListedKernel } from './store.js';

export interface EnsureOptions {
  readonly profile: Profile;
  readonly form?: FormName;
  readonly onProgress?: OnProgress;
}

/**
 * The kernel of a profile, of Debian's source and the sources of this package: from the cache, or built.
 * `onProgress` is called only while something is built.
 */
export async function ensureKernel(options: EnsureOptions): Promise<BuiltKernel> {
  return (await buildKernel(options)).kernel;
}

export interface BuildOptions {
  /** The top folder of a Linux tree; without it Debian's package. */
  readonly sourceDir?: string;
  readonly profile?: Profile;
  /** Files with configuration that comes after the profile's. */
  readonly fragments?: readonly string[];
  readonly form?: FormName;
  /** What the kernel is called from now on; a tree's is called like its folder if nothing is said. */
  readonly name?: string;
  readonly onProgress?: OnProgress;
}

export interface BuildResult {
  readonly kernel: BuiltKernel;
  /** What it can be called by: a name, a profile, or its key. */
  readonly name: string;
  /** Whether it was in the cache. */
  readonly cached: boolean;
}

export async function buildKernel(options: BuildOptions): Promise<BuildResult> {
  const { sourceDir, fragments = [], onProgress = silent } = options;
  const profile = requireProfile(options.profile ?? 'sim');
  const form = options.form === undefined ? wasmForm : formNamed(options.form);
  const name = options.name ?? (sourceDir === undefined ? undefined : nameLike(sourceDir));
  if (name !== undefined) checkName(name);
  const settings = fragments.flatMap((file) => parseFragment(readFragment(file), file));
  const [source, compiler] = await Promise.all([
    sourceDir === undefined ? findDebianSource() : openDirectorySource(sourceDir),
    compilerVersion(),
  ]);
  const recipe: Recipe = {
    source,
    profile,
    form,
    fragments: settings,
    fragmentFiles: fragments,
    compiler,
    ownSources: ownSourcesDigest(profile, form),
  };
  // A tree may have changed since it was built: make knows, no key does.
  const cached = source.kind === 'debian' ? inCache(recipe) : undefined;
  const kernel = cached ?? (await runPipeline(recipe, () => inCache(recipe), onProgress));
  const isProfileKernel = sourceDir === undefined && fragments.length === 0;
  if (isProfileKernel) {
    const pointer = profilePointer(profile, form);
    writeAtomically(pointer, `${kernel.key}\n`);
    if (cached === undefined) pruneProfile({ profile, form: form.name });
  }
  if (name !== undefined) nameKernel(name, kernel.key);
  return {
    kernel,
    name: name ?? (isProfileKernel && form === wasmForm ? profile : kernel.key),
    cached: cached !== undefined,
  };
}

/** By name, profile, key or the beginning of a key; never builds. */
export function findKernel(nameOrKey: string): Promise<BuiltKernel> {
  return Promise.resolve().then(() => kernelByName(nameOrKey));
}

function inCache(recipe: Recipe): BuiltKernel | undefined {
  return kernelInFolder(cachePath('kernels', recipeKey(recipe)));
}

function readFragment(file: string): string {
  const text = readIfThere(file);
  if (text !== undefined) return text;
  throw new LibosError('ERR_LIBOS_CONFIG', `there is no configuration fragment ${file}`);
}

/** A folder's name as a kernel's: what a name cannot hold becomes a minus. */
function nameLike(folder: string): string {
  const name = basename(resolve(folder)).replaceAll(/[^A-Za-z0-9._+-]+/g, '-');
  return /^[A-Za-z0-9]/.test(name) ? name.slice(0, 64) : `kernel${name}`.slice(0, 64);
}
