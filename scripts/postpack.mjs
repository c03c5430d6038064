// SPDX-License-Identifier: GPL-2.0-only

// What `npm pack` and `npm publish` run last: in a checkout the kernels are those of the cache.
import { removePackedKernels } from './lib/packed-kernels.mjs';
import { root } from './setup.mjs';

removePackedKernels(root);
