// SPDX-License-Identifier: GPL-2.0-only

/**
 * Where this package lies on disk, for the few files that are read at run time (kernels, arch sources). It works
 * from the checkout (`src/…`), from the compiled tree (`dist/src/…`) and from an installed package alike.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

interface PackageJson {
  readonly name: string;
  readonly version: string;
}

function findRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  for (;;) {
    if (existsSync(join(folder, 'package.json'))) return folder;
    const parent = dirname(folder);
    if (parent === folder) throw new Error('package-root: no package.json above this module');
    folder = parent;
  }
}

/** The folder that holds libos's `package.json`. */
export const packageRoot: string = findRoot();

/** The version in it. */
export const packageVersion: string = (
  JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as PackageJson
).version;
