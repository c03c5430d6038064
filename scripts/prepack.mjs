// SPDX-License-Identifier: GPL-2.0-only

// What `npm pack` and `npm publish` run first: compiles, and copies the kernels from the cache to kernels/, so
// that the package works where no compiler is. scripts/postpack.mjs removes the copies again.
import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { packedKernels } from './lib/packed-kernels.mjs';
import { run } from './lib/script.mjs';
import { root, setup } from './setup.mjs';

await run(async () => {
  for (const { profile, wasmPath, manifestPath } of await setup('pack')) {
    const folder = join(packedKernels(root), profile);
    mkdirSync(folder, { recursive: true });
    copyFileSync(wasmPath, join(folder, 'kernel.wasm'));
    copyFileSync(manifestPath, join(folder, 'manifest.json'));
  }
});
