// SPDX-License-Identifier: GPL-2.0-only

import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
/** A library's: CommonJS, and it has never heard of libos. */
export const { tick } = require('ticker') as { tick: () => Promise<number> };

export function fail(): never {
  throw new Error('not here');
}
