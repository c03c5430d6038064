// SPDX-License-Identifier: GPL-2.0-only

// The broker as one file: it starts with the first program, which waits for it, and 200 modules take half of that.
import { build } from 'esbuild';
import { join } from 'node:path';

/** Bundles the compiled broker into dist/broker.js, which src/native/prefix.ts starts while nothing is newer. */
export async function bundleBroker(root) {
  await build({
    entryPoints: [join(root, 'dist/src/nuse/broker/main.js')],
    outfile: join(root, 'dist/broker.js'),
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    legalComments: 'none',
    logLevel: 'warning',
    // Packages of CommonJS ask for `require`.
    banner: {
      js: "import { createRequire as libosRequire } from 'node:module'; const require = libosRequire(import.meta.url);",
    },
  });
}
