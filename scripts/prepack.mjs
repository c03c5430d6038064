// SPDX-License-Identifier: GPL-2.0-only

// What `npm pack` and `npm publish` run first: compiles, and copies the kernels from the cache to kernels/, so
// that the package works where no compiler is. scripts/postpack.mjs removes the copies again.
import { copyFileSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { packedKernels } from './lib/packed-kernels.mjs';
import { run } from './lib/script.mjs';
import { root, setup } from './setup.mjs';

await run(async () => {
  for (const { profile, manifestPath } of await setup('pack')) {
    const folder = join(packedKernels(root), profile);
    mkdirSync(folder, { recursive: true });
    for (const file of ['kernel.wasm', 'kernel.names.wasm', 'manifest.json']) {
      copyFileSync(join(dirname(manifestPath), file), join(folder, file));
    }
  }
});
