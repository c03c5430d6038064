// SPDX-License-Identifier: GPL-2.0-only

/** Barrier and mailbox between real threads. */
import { once } from 'node:events';
import { MessageChannel, Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { Barrier, barrierWords } from '../../../src/dce/parallel/barrier.js';
import type { MailJob, MailResult } from './mail-thread.js';

interface Ring {
  readonly words: Int32Array<SharedArrayBuffer>;
  readonly results: Promise<MailResult[]>;
}

/** Workers in a ring, each with a mailbox to the next. */
function start(workers: number, job: Partial<MailJob> & { rounds: number }): Ring {
  const words = new Int32Array(new SharedArrayBuffer(barrierWords * 4));
  const channels = Array.from({ length: workers }, () => new MessageChannel());
  const results = channels.map(async ({ port1: to }, worker) => {
    const { port2: from } = channels[(worker + workers - 1) % workers]!;
    const { leaveAfter, ...all } = { spins: 0, ...job };
    const data: MailJob = {
      ...all,
      worker,
      workers,
      words,
      to,
      from,
      ...(worker === 0 && leaveAfter !== undefined ? { leaveAfter } : {}),
    };
    const thread = new Worker(new URL('../../helpers/typescript-thread.mjs', import.meta.url), {
      workerData: { module: new URL('mail-thread.ts', import.meta.url).href, ...data },
      transferList: [to, from],
    });
    const [result] = (await once(thread, 'message')) as [MailResult];
    await thread.terminate();
    return result;
  });
  return { words, results: Promise.all(results) };
}

test.each([
  { workers: 1, spins: 0 },
  { workers: 2, spins: 1000 },
  { workers: 2, spins: 0 },
  { workers: 3, spins: 0 },
])('$workers workers that look $spins times: every frame comes in its round', async (ring) => {
  const results = await start(ring.workers, { rounds: 300, spins: ring.spins }).results;
  for (const { frames, wrong, error } of results) {
    expect(error).toBeUndefined();
    expect(wrong).toBe(0);
    expect(frames).toBeGreaterThan(1000);
  }
});

test('a worker that leaves is named to those who wait for it', async () => {
  const [first, ...others] = await start(3, { rounds: 20, leaveAfter: 9 }).results;
  expect(first!.error).toBeUndefined();
  for (const { error } of others) {
    expect(error).toMatch(/worker 0 has come to the end of the scenario/u);
  }
});

test('all can be told to end from outside', async () => {
  const { words, results } = start(2, { rounds: 1e9 });
  // They have passed the barrier some times.
  while (Atomics.load(words, 1) < 100) await new Promise((resolve) => setTimeout(resolve, 1));
  new Barrier(words, 2).abort();
  for (const { error } of await results) expect(error).toMatch(/ended in all of its workers/u);
});
