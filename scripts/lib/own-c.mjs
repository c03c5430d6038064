// SPDX-License-Identifier: GPL-2.0-only

// The package's own C: asks src/native, compiled, for each part and for native kernels as shared objects; what is in
// the cache is there at once.
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { lazyStep } from '../../src/cli/terminal.js';

export async function ensureOwnC(root, parts, profiles) {
  const native = pathToFileURL(join(root, 'dist/src/native/index.js')).href;
  const { buildNative, NativeKernel } = await import(native);
  for (const part of parts) {
    const step = lazyStep(`native ${part}`);
    const path = buildNative(part, options(step));
    step.done(basename(path));
  }
  // The host that a program waits for would link it otherwise.
  for (const profile of profiles) {
    const step = lazyStep(`native kernel ${profile}`);
    const { path } = NativeKernel.load({ profile }, options(step));
    step.done(basename(path));
  }
}

function options(step) {
  return { onBuild: (what) => step.onProgress({ phase: `compiling ${what}`, done: 0, total: 1 }) };
}
