// SPDX-License-Identifier: GPL-2.0-only

/** A Linux tree of a test's own: another tree by links, but for one file that the test writes. */
import { mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Links everything of `original` into the new folder `tree`, except the file `own`, whose folders are real. */
export function linkTree(tree: string, original: string, own: string): void {
  mkdirSync(join(tree, dirname(own)), { recursive: true });
  for (let path = own; path !== '.'; path = dirname(path)) {
    const parent = dirname(path);
    for (const entry of readdirSync(join(original, parent))) {
      const inner = join(parent, entry);
      if (inner !== path) symlinkSync(join(original, inner), join(tree, inner));
    }
  }
}
