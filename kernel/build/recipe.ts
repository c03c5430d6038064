// SPDX-License-Identifier: GPL-2.0-only

/** What a kernel is to be made of, and the key that follows from it. */
import type { Setting } from './config.js';
import type { Form, Linked } from './forms/form.js';
import { kernelKey } from './key.js';
import type { Profile } from './own-sources.js';
import type { KernelSource } from './source.js';

/** Everything that decides what a kernel becomes. */
export interface Recipe {
  readonly source: KernelSource;
  readonly profile: Profile;
  readonly form: Form;
  /** The settings of the user's fragments. */
  readonly fragments: readonly Setting[];
  readonly fragmentFiles: readonly string[];
  readonly compiler: string;
  /** The digest of this package's part, see own-sources.ts. */
  readonly ownSources: string;
}

/** The key of what a recipe makes; of a user's tree it is known only with what was linked. */
export function recipeKey(recipe: Recipe, linked?: Linked): string {
  const { source, form, ...rest } = recipe;
  const contentHash = source.kind === 'directory' ? linked?.contentHash : undefined;
  return kernelKey({
    ...rest,
    source: source.identity,
    form: form.name,
    ...(contentHash === undefined ? {} : { contentHash }),
  });
}
