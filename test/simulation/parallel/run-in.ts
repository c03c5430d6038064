// SPDX-License-Identifier: GPL-2.0-only

/** Runs scenarios of topologies.ts in worker threads. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { createShares, transferOf } from '../../../src/dce/index.js';
import type { ScenarioJob, ScenarioReply } from './scenario-thread.js';

/** What each worker says. */
export async function runIn(workers: number, ...names: string[]): Promise<ScenarioReply[]> {
  const replies = createShares(workers, 2).map(async (request) => {
    const job: ScenarioJob = { names, request };
    const thread = new Worker(new URL('../../helpers/typescript-thread.mjs', import.meta.url), {
      workerData: { module: new URL('scenario-thread.ts', import.meta.url).href, ...job },
      transferList: transferOf(request),
    });
    const [reply] = (await once(thread, 'message')) as [ScenarioReply];
    await thread.terminate();
    return reply;
  });
  return Promise.all(replies);
}
