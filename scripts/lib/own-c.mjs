// SPDX-License-Identifier: GPL-2.0-only

// The package's own C: asks src/native/build.ts, compiled, for each part; what is in the cache is there at once.
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { lazyStep } from '../../src/cli/terminal.js';

export async function ensureOwnC(root) {
  const { buildNative } = await import(pathToFileURL(join(root, 'dist/src/native/build.js')).href);
  for (const part of ['addon', 'shim', 'launcher']) {
    const step = lazyStep(`native ${part}`);
    const path = buildNative(part, {
      onBuild: (what) => step.onProgress({ phase: `compiling ${what}`, done: 0, total: 1 }),
    });
    step.done(basename(path));
  }
}
