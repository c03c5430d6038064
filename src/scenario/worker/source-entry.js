// SPDX-License-Identifier: GPL-2.0-only

// What a scenario's thread starts with in a checkout, whose sources are TypeScript: the loader first, then the entry.
import { register } from 'tsx/esm/api';

register();
await import(new URL('./entry.ts', import.meta.url).href);
