// SPDX-License-Identifier: GPL-2.0-only

/**
 * Finds a built kernel for a program that wants to boot one: in the npm package's own kernels/ where there is one,
 * else in the cache. `Kernel.load()` calls it. It needs no compiler, builds nothing, and never gives a kernel of
 * other sources than those of this checkout for a profile.
 */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { LibosError } from '../../src/errors.js';
import { packageRoot } from '../../src/package-root.js';
import { cacheEntries, cachePath, readIfThere } from './cache.js';
import type { Form } from './forms/form.js';
import { nativeForm } from './forms/native.js';
import { wasmForm } from './forms/wasm.js';
import type { FormName } from './manifest.js';
import { readManifest } from './manifest.js';
import { isProfile, ownSourcesDigest, profiles } from './own-sources.js';
import type { Profile } from './own-sources.js';

export type { Profile };

/** A kernel on disk. */
export interface BuiltKernel {
  /** kernel.wasm, or of the native form kernel.o. */
  readonly wasmPath: string;
  readonly manifestPath: string;
  readonly key: string;
}

/** At most one of the three; with none, `$LIBOS_KERNEL` (a name, key or profile) or else profile `sim`. */
export interface KernelChoice {
  /** What `libos kernel build --name` gave it, or its key or the beginning of that. */
  readonly name?: string;
  readonly profile?: Profile;
  /** A kernel.wasm, or the folder that holds one. */
  readonly path?: string;
}

/** Where the chosen kernel is; throws ERR_LIBOS_KERNEL_NOT_FOUND. */
export function locateKernel({ name, profile, path }: KernelChoice = {}): BuiltKernel {
  if (path !== undefined) return kernelAtPath(path);
  if (profile !== undefined) return profileKernel(profile);
  return kernelByName(name ?? process.env['LIBOS_KERNEL'] ?? 'sim');
}

/** By profile, name, key, or the beginning of a key if no other begins so. */
export function kernelByName(name: string): BuiltKernel {
  if (isProfile(name)) return profileKernel(name);
  const key = readIfThere(cachePath('names', fileSafe(name)))?.trim() ?? uniqueKey(name);
  const kernel = key === undefined ? undefined : kernelInFolder(cachePath('kernels', key));
  if (kernel) return kernel;
  throw notFound(`there is no kernel '${name}'`, '`libos kernel list` shows what there is');
}

/** The kernel of a profile, made of the sources of this package. */
export function profileKernel(profile: Profile, form: Form = wasmForm): BuiltKernel {
  const packed = form === wasmForm ? packedKernel(profile) : undefined;
  const kernel = packed ?? cachedProfileKernel(profile, form);
  if (kernel) return kernel;
  throw notFound(
    `the kernel of profile '${profile}' is not built`,
    'in a checkout `npm run setup` builds it, elsewhere `libos kernel build --profile ' +
      `${profile}\``,
  );
}

function packedKernel(profile: Profile): BuiltKernel | undefined {
  return kernelInFolder(join(packageRoot, 'kernels', profile));
}

function cachedProfileKernel(profile: Profile, form: Form): BuiltKernel | undefined {
  const key = readIfThere(profilePointer(profile, form))?.trim();
  return key === undefined ? undefined : kernelInFolder(cachePath('kernels', key));
}

/** The file that holds the key of a profile's kernel of these sources. */
export function profilePointer(profile: Profile, form: Form): string {
  const digest = ownSourcesDigest(profile, form);
  return cachePath('profiles', `${profile}-${form.name}-${digest}`);
}

function kernelAtPath(path: string): BuiltKernel {
  const inFolder = kernelInFolder(path);
  if (inFolder) return inFolder;
  if (!existsSync(path)) throw notFound(`there is no file ${path}`);
  const manifestPath = join(dirname(path), 'manifest.json');
  const key = existsSync(manifestPath) ? readManifest(manifestPath).key : '';
  return { wasmPath: path, manifestPath, key };
}

/** The kernel in a folder of the cache or the package; undefined if there is none. */
export function kernelInFolder(folder: string): BuiltKernel | undefined {
  const manifestPath = join(folder, 'manifest.json');
  if (!existsSync(manifestPath)) return undefined;
  const { key, form } = readManifest(manifestPath);
  return { wasmPath: join(folder, formNamed(form).kernelFile), manifestPath, key };
}

export function formNamed(name: FormName): Form {
  return name === 'wasm32' ? wasmForm : nativeForm;
}

function uniqueKey(prefix: string): string | undefined {
  if (!/^[0-9a-f]{4,}$/.test(prefix)) return undefined;
  const [key, ...others] = cacheEntries('kernels').filter((each) => each.startsWith(prefix));
  if (others.length === 0) return key;
  throw notFound(`more than one kernel's key begins with ${prefix}`, 'give more of its digits');
}

/** A name becomes a file's name, so it must be one, and not one of a profile. */
export function checkName(name: string): void {
  if (fileSafe(name) === name && !isProfile(name)) return;
  throw new LibosError('ERR_LIBOS_KERNEL_NAME', `a kernel cannot be called '${name}'`, {
    hint: `letters, digits and . _ + - make a name; ${profiles.join(', ')} are the profiles`,
  });
}

function fileSafe(name: string): string {
  return /^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}$/.test(name) ? name : '-';
}

function notFound(message: string, hint?: string): LibosError {
  return new LibosError('ERR_LIBOS_KERNEL_NOT_FOUND', message, hint === undefined ? {} : { hint });
}
