// SPDX-License-Identifier: GPL-2.0-only

// The folder of kernels that goes into the npm package. An installed package boots from it; in a checkout it is
// there only while `npm pack` runs, or old kernels would be taken for those of the sources beside them.
import { rmSync } from 'node:fs';
import { join } from 'node:path';

export function packedKernels(root) {
  return join(root, 'kernels');
}

export function removePackedKernels(root) {
  rmSync(packedKernels(root), { recursive: true, force: true });
}
