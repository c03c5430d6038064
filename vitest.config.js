// SPDX-License-Identifier: GPL-2.0-only

// Vitest: one project a suite, in the order of the list. How it is run and reported is scripts/test.mjs's.
import { defineConfig } from 'vitest/config';
import { fileURLToPath } from 'node:url';
import { suites } from './scripts/lib/suites.mjs';

/** The package under its own name, as examples import it: its sources. */
const source = fileURLToPath(new URL('src', import.meta.url));
const alias = [
  { find: /^libos$/, replacement: `${source}/index.ts` },
  { find: /^libos\/(.*)$/, replacement: `${source}/$1/index.ts` },
];

export default defineConfig({
  test: {
    passWithNoTests: true,
    projects: suites.map(({ name, include, exclude = [], timeoutMs, setup, env }, index) => ({
      resolve: { alias },
      test: {
        name,
        include,
        exclude: ['**/node_modules/**', 'dist/**', ...exclude],
        testTimeout: timeoutMs,
        hookTimeout: timeoutMs,
        ...(setup && { setupFiles: [setup] }),
        ...(env && { env }),
        sequence: { groupOrder: index },
      },
    })),
  },
});
