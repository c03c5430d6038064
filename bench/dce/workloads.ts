// SPDX-License-Identifier: GPL-2.0-only

/** What is simulated, the same for libos and for ns-3: topologies, traffic, and how long. */

export interface Workload {
  readonly name: 'bulk' | 'chain' | 'pairs';
  readonly hosts: number;
  /** Of each link. */
  readonly rateBitsPerSecond: number;
  readonly delayMs: number;
  /**
   * Simulated seconds before those that count: connections open, and compilers learn. V8 takes some 500,000 frames to
   * compile what is hot, on the same core; of the first 100,000 a third as many pass in a second as later.
   */
  readonly warmUpSeconds: number;
  readonly seconds: number;
}

/** One TCP flow whose receiver's window fits the path and its queue: both fill the link, and lose nothing. */
export interface BulkWorkload extends Workload {
  readonly windowBytes: number;
}

/** UDP datagrams at a constant rate from one end of a row of hosts to the other. */
export interface ChainWorkload extends Workload {
  readonly payloadBytes: number;
  readonly intervalNs: number;
}

export interface Workloads {
  readonly bulk: BulkWorkload;
  readonly chain: ChainWorkload;
  readonly pairs: BulkWorkload;
}

/** A whole one, or a fifth of it for a first look. */
export function workloads(quick: boolean): Workloads {
  const share = quick ? 0.2 : 1;
  return {
    bulk: {
      ...{ name: 'bulk', hosts: 2, rateBitsPerSecond: 1e9, delayMs: 1 },
      ...{ windowBytes: 1_000_000, warmUpSeconds: 4, seconds: 2 * share },
    },
    chain: {
      ...{ name: 'chain', hosts: 64, rateBitsPerSecond: 1e9, delayMs: 0.01 },
      // 100 Mbit/s of IP packets of 1,500 bytes
      ...{ payloadBytes: 1472, intervalNs: 120_000, warmUpSeconds: 1, seconds: share },
    },
    pairs: {
      ...{ name: 'pairs', hosts: 1000, rateBitsPerSecond: 1e6, delayMs: 10 },
      ...{ windowBytes: 65_536, warmUpSeconds: 5, seconds: 10 * share },
    },
  };
}

/** What one run has measured. */
export interface RunFigures {
  /** Frames that a link has delivered, acknowledgements included, each link of the way for itself. */
  readonly frames: number;
  readonly simSeconds: number;
  readonly wallSeconds: number;
  /** What the process took of processors meanwhile: it tells how busy the machine was otherwise. */
  readonly cpuSeconds: number;
}
