// SPDX-License-Identifier: GPL-2.0-only

/** The key of a kernel: a digest of everything that it is made of, by which the cache knows it. */
import { createHash } from 'node:crypto';
import type { Setting } from './config.js';

export interface KeyInputs {
  /** From source.ts: for Debian's package its version, for a tree its place and version. */
  readonly source: string;
  /** For a tree, whose files may change under the same name: the digest of what was linked. */
  readonly contentHash?: string;
  /** From own-sources.ts. */
  readonly ownSources: string;
  readonly profile: string;
  readonly form: string;
  /** The user's fragments, in order. */
  readonly fragments: readonly Setting[];
  /** The compiler's version, in its own words. */
  readonly compiler: string;
}

/** Of SHA-256, 96 bits in hexadecimal: enough to never meet twice, short enough to read. */
const keyDigits = 24;

export function kernelKey(inputs: KeyInputs): string {
  const { source, contentHash = '', ownSources, profile, form, fragments, compiler } = inputs;
  const settings = fragments.map(({ symbol, value }) => [symbol, value]);
  const text = JSON.stringify([source, contentHash, ownSources, profile, form, settings, compiler]);
  return createHash('sha256').update(text).digest('hex').slice(0, keyDigits);
}
