// SPDX-License-Identifier: GPL-2.0-only

// The second half of `npm run build`.
import { fileURLToPath } from 'node:url';
import { bundleBroker } from './lib/bundle.mjs';

await bundleBroker(fileURLToPath(new URL('..', import.meta.url)));
