// SPDX-License-Identifier: GPL-2.0-only

// Vitest: one project a suite, in the order of the list. How it is run and reported is scripts/test.mjs's.
import { defineConfig } from 'vitest/config';
import { suites } from './scripts/lib/suites.mjs';

export default defineConfig({
  test: {
    passWithNoTests: true,
    projects: suites.map(({ name, include, timeoutMs }, index) => ({
      test: {
        name,
        include,
        exclude: ['**/node_modules/**', 'dist/**'],
        testTimeout: timeoutMs,
        hookTimeout: timeoutMs,
        sequence: { groupOrder: index },
      },
    })),
  },
});
