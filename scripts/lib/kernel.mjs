// SPDX-License-Identifier: GPL-2.0-only

// Kernels: asks the build pipeline (kernel/build, compiled) for each profile; a cached one is there at once.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { lazyStep } from '../../src/cli/terminal.js';

/** Builds or finds the kernel of every profile in a form and returns what `ensureKernel` says about each. */
export async function ensureKernels(root, profiles, form = 'wasm32') {
  if (profiles.length === 0) return [];
  const pipeline = pathToFileURL(join(root, 'dist/kernel/build/index.js')).href;
  const { ensureKernel } = await import(pipeline);
  const kernels = [];
  for (const profile of profiles) {
    const step = lazyStep(
      form === 'wasm32' ? `kernel ${profile}` : `kernel ${profile}, native form`,
    );
    const kernel = await ensureKernel({ profile, form, onProgress: step.onProgress });
    step.done(kernel.key);
    kernels.push({ profile, ...kernel });
  }
  return kernels;
}

/** Builds or finds an ordinary Linux that the library is compared with. */
export async function ensureOracle(root, kind) {
  const { ensureOracle: ensure } = await import(
    pathToFileURL(join(root, 'dist/kernel/oracle/index.js')).href
  );
  const step = lazyStep(`oracle ${kind}`);
  const oracle = await ensure({ kind, onProgress: step.onProgress });
  step.done(oracle.key);
}
