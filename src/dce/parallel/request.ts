// SPDX-License-Identifier: GPL-2.0-only

/**
 * What the workers of one simulation share, as the thread that starts them makes it: memory, and a channel from
 * each to each. A request goes to its worker by message or as its data.
 */
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { LibosError } from '../../errors.js';
import { Barrier, barrierWords } from './barrier.js';
import { Board, standingsBytes } from './board.js';

/** One worker's share, before it is one. Structured-cloneable; its ports have to be transferred. @internal */
export interface ShareRequest {
  /** From 0. */
  readonly worker: number;
  readonly workers: number;
  /** Looks at the barrier before a thread sleeps. */
  readonly spins: number;
  readonly barrier: SharedArrayBuffer;
  readonly board: SharedArrayBuffer;
  /** By the other worker's number; undefined at this worker's own place. */
  readonly peers: readonly (PeerPorts | undefined)[];
}

/** The ends of the channels to one other worker: frames to it, frames from it, and what is said between runs. */
export interface PeerPorts {
  readonly out: MessagePort;
  readonly in: MessagePort;
  readonly talk: MessagePort;
}

/** More would only wait for each other. */
const workersMax = 64;

/** About as long as it takes to let a thread sleep and wake it: some microseconds. */
const spinsDefault = 500;

/** One request a worker. `processors`: how many threads can run at once. Errors: an impossible number of workers. @internal */
export function createShares(workers: number, processors: number): ShareRequest[] {
  if (!Number.isInteger(workers) || workers < 1 || workers > workersMax) {
    throw new LibosError('ERR_LIBOS_WORKERS', `a simulation cannot have ${workers} workers`, {
      hint: `1 to ${workersMax} are possible`,
    });
  }
  const barrier = new SharedArrayBuffer(barrierWords * 4);
  const board = new SharedArrayBuffer(standingsBytes(workers));
  const numbers = Array.from({ length: workers }, (_, worker) => worker);
  const peers = numbers.map((): (PeerPorts | undefined)[] => numbers.map(() => undefined));
  for (const a of numbers) {
    for (const b of numbers.slice(a + 1)) {
      const [toB, toA, talk] = [new MessageChannel(), new MessageChannel(), new MessageChannel()];
      peers[a]![b] = { out: toB.port1, in: toA.port2, talk: talk.port1 };
      peers[b]![a] = { out: toA.port1, in: toB.port2, talk: talk.port2 };
    }
  }
  const spins = workers <= processors ? spinsDefault : 0;
  return numbers.map((worker) => ({
    worker,
    workers,
    spins,
    barrier,
    board,
    peers: peers[worker]!,
  }));
}

/** What has to be transferred with a request. @internal */
export function transferOf({ peers }: ShareRequest): MessagePort[] {
  return peers.flatMap((peer) => (peer ? [peer.out, peer.in, peer.talk] : []));
}

/** Ends the runs of all workers, those that wait for others too. Context: any thread. @internal */
export function abortShares({ barrier, workers }: ShareRequest): void {
  new Barrier(new Int32Array(barrier), workers).abort();
}

/** Whether a worker is waiting for others now, and so is not to blame for standing still. @internal */
export function isWaiting({ board, worker, workers }: ShareRequest): boolean {
  return new Board(board, workers).isWaiting(worker);
}
