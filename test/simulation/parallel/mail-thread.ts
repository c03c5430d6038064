// SPDX-License-Identifier: GPL-2.0-only

/**
 * A worker of the tests of barrier and mailbox: sends frames to the next worker and takes those of the one before,
 * for as many rounds as it is told; says what it took.
 */
import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import { Barrier } from '../../../src/dce/parallel/barrier.js';
import { Inbox, Outbox } from '../../../src/dce/parallel/mailbox.js';

export interface MailJob {
  readonly worker: number;
  readonly workers: number;
  readonly rounds: number;
  readonly spins: number;
  readonly words: Int32Array<SharedArrayBuffer>;
  readonly to: MessagePort;
  readonly from: MessagePort;
  /** Leaves after this round, as a worker does that comes to the end of its scenario. */
  readonly leaveAfter?: number;
}

/** What was taken: how many frames, and how many were not what the sender has to have sent. */
export interface MailResult {
  readonly frames: number;
  readonly wrong: number;
  readonly error?: string;
}

const job = workerData as MailJob;

/** Frames of a round: now few and small, now many, now larger than a whole block. */
function lengthsOf(worker: number, round: number): number[] {
  const count = (round * 7 + worker) % 11;
  const unit = round % 10 === 3 ? 70_000 : 60;
  return Array.from({ length: count }, (_, index) => unit * (index + 1) + round);
}

function run(): MailResult {
  const { worker, workers, rounds, words, to, from, spins } = job;
  const barrier = new Barrier(words, workers, spins);
  const outbox = new Outbox(to);
  const inbox = new Inbox(from);
  const before = (worker + workers - 1) % workers;
  let frames = 0;
  let wrong = 0;
  const offloads = {
    csumStart: 1,
    csumOffset: 2,
    gsoSize: 3,
    headerLength: 4,
    gsoType: 5,
    flags: 6,
  };
  try {
    for (let round = 0; round < rounds; round++) {
      for (const [index, length] of lengthsOf(worker, round).entries()) {
        const bytes = new Uint8Array(length).fill(round + index);
        outbox.put(index, round * 1e9 + index, worker, offloads, bytes);
      }
      barrier.pass();
      outbox.turn();
      const expected = lengthsOf(before, round);
      let index = 0;
      inbox.drain((frame) => {
        frames++;
        const fill = (round + index) & 0xff;
        const right =
          frame.direction === index &&
          frame.arrivalNs === round * 1e9 + index &&
          frame.epoch === before &&
          JSON.stringify(frame.offloads) === JSON.stringify(offloads) &&
          frame.bytes.length === expected[index] &&
          frame.bytes.every((byte) => byte === fill);
        if (!right) wrong++;
        index++;
      });
      if (index !== expected.length) wrong++;
      if (round === job.leaveAfter) {
        barrier.leave(worker);
        break;
      }
    }
  } catch (error) {
    return { frames, wrong, error: (error as Error).message };
  }
  return { frames, wrong };
}

parentPort!.postMessage(run());
