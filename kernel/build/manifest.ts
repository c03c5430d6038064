// SPDX-License-Identifier: GPL-2.0-only

/**
 * What a built kernel says of itself: a custom section of kernel.wasm, and manifest.json beside it with the same
 * bytes. It names no place and no time, so the same inputs give the same kernel everywhere; where and when it was
 * built is in origin.json, which stays in the cache.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LibosError } from '../../src/errors.js';
import { readIfThere } from './cache.js';

export type FormName = 'wasm32' | 'x86_64';

export interface Manifest {
  /** The version of the host interface. */
  readonly abi: number;
  /** Linux's version. */
  readonly linux: string;
  /** Where the source came from, e.g. Debian's package with its version. */
  readonly source: string;
  readonly profile: string;
  readonly form: FormName;
  readonly key: string;
  readonly compiler: string;
  /** wasm32: the size of the memory that the module imports, in pages of 64 KiB. */
  readonly memoryInitialPages?: number;
}

/** The custom section of kernel.wasm that holds the manifest. */
export const manifestSection = 'libos';

export function manifestText(manifest: Manifest): string {
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

export interface Origin {
  /** When the kernel was built, ISO 8601. */
  readonly builtAt: string;
  /** The user's tree; absent for Debian's. */
  readonly sourceDir?: string;
  readonly fragments: readonly string[];
}

export function readManifest(path: string): Manifest {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Manifest;
  } catch (error) {
    throw new LibosError('ERR_LIBOS_KERNEL_FILE', `cannot read the kernel's manifest ${path}`, {
      hint: 'build the kernel again',
      cause: error,
    });
  }
}

export function readOrigin(folder: string): Origin | undefined {
  const text = readIfThere(join(folder, 'origin.json'));
  return text === undefined ? undefined : (JSON.parse(text) as Origin);
}
