// SPDX-License-Identifier: GPL-2.0-only

/** Any number of workers gives what one thread gives. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { describe, expect, test } from 'vitest';
import { createShares, transferOf } from '../../../src/dce/parallel/request.js';
import type { ScenarioReply } from './scenario-thread.js';
import { scenarios } from './topologies.js';

/** What each worker says. */
async function runIn(workers: number, scenario: string): Promise<ScenarioReply[]> {
  const replies = createShares(workers, 2).map(async (request) => {
    const thread = new Worker(new URL('../../helpers/typescript-thread.mjs', import.meta.url), {
      workerData: {
        module: new URL('scenario-thread.ts', import.meta.url).href,
        scenario,
        request,
      },
      transferList: transferOf(request),
    });
    const [reply] = (await once(thread, 'message')) as [ScenarioReply];
    await thread.terminate();
    return reply;
  });
  return Promise.all(replies);
}

describe.each(['chain'])('%s', (name) => {
  test.each([1, 2, 3])('%i workers', async (workers) => {
    const alone = await scenarios[name]!();
    for (const reply of await runIn(workers, name)) {
      expect(reply.error).toBeUndefined();
      expect(reply.outcome).toEqual(alone);
    }
  });
});
