// SPDX-License-Identifier: GPL-2.0-only

/** Any number of workers gives what one thread gives. */
import { beforeAll, describe, expect, test } from 'vitest';
import { runIn } from './run-in.js';
import type { ScenarioReply } from './scenario-thread.js';
import { scenarios } from './topologies.js';

const names = ['chain', 'clusters', 'switched', 'fifty', 'eventful', 'quiet'];

describe.each([1, 2, 3])('%i workers', (workers) => {
  let replies: readonly ScenarioReply[];

  beforeAll(async () => {
    replies = await runIn(workers, ...names);
  }, 120_000);

  test('come to the end, and have waited for each other', () => {
    for (const { error, warnings, windows } of replies) {
      expect(error).toBeUndefined();
      expect(warnings).toEqual([]);
      if (workers > 1) expect(windows).toBeGreaterThan(100);
    }
  });

  test.each(names)('do what one thread does: %s', async (name) => {
    const alone = await scenarios[name]!();
    for (const { outcomes } of replies) expect(outcomes[name]).toEqual(alone);
  });
});
