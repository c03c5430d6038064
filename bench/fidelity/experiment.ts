// SPDX-License-Identifier: GPL-2.0-only

/**
 * What an experiment is, whoever runs it: a sender `a`, a router `r` and a receiver `b`. Between `a` and `r` is an
 * ideal wire, between `r` and `b` the path that is under test, the same in both directions. Both sides read these
 * values and nothing else, so that they run the same experiment.
 */
export interface Path {
  readonly rateBitsPerSecond: number;
  /** One way. */
  readonly delayNs: number;
  /** Frames that wait for the rate, beside the one that is being sent. */
  readonly queueFrames: number;
  /** The probability that a frame is lost on the way, after the queue. */
  readonly lossProbability: number;
}

export type CongestionControl = 'reno' | 'cubic' | 'bbr';

interface FlowBase {
  readonly name: string;
  readonly startNs: number;
  readonly stopNs: number;
}

/** `a` writes to `b` for as long; what counts is what `b` reads. */
export interface BulkFlow extends FlowBase {
  readonly kind: 'bulk';
  readonly control: CongestionControl;
}

/**
 * `b` asks with 100 bytes and reads the answer to its end, one connection after the other: what is long goes from
 * `a` to `b`, and queues in the router, not in its sender.
 */
export interface FetchFlow extends FlowBase {
  readonly kind: 'fetch';
  readonly control: CongestionControl;
  readonly count: number;
  readonly answerBytes: number;
}

/** ICMP echoes from `a` to `b`. */
export interface PingFlow extends FlowBase {
  readonly kind: 'ping';
  readonly intervalNs: number;
}

/** UDP datagrams from `a` to `b` at a constant rate. */
export interface ConstantFlow extends FlowBase {
  readonly kind: 'cbr';
  /** It only passes the queue: none of it is lost, and none of it counts where losses are drawn. */
  readonly isCrossTraffic: boolean;
  readonly intervalNs: number;
  readonly datagramBytes: number;
}

export type Flow = BulkFlow | FetchFlow | PingFlow | ConstantFlow;

export interface Experiment {
  readonly name: string;
  readonly path: Path;
  readonly flows: readonly Flow[];
  readonly durationNs: number;
}

/** What was measured of a flow. */
export type Measured =
  | { readonly kind: 'bulk'; readonly receivedBytes: number }
  | { readonly kind: 'fetch'; readonly tookNs: readonly number[] }
  /** -1: the echo did not come back. */
  | { readonly kind: 'ping'; readonly roundTripNs: readonly number[] }
  | { readonly kind: 'cbr'; readonly sent: number; readonly received: number };

/** By the flows' names. */
export type Outcome = ReadonlyMap<string, Measured>;

/** One run: the experiment as `seed` makes it. */
export interface Run {
  readonly experiment: Experiment;
  readonly seed: number;
}

/**
 * The seeds of the path's losses, forward and backward, and by how much the flows start later: the same for both
 * sides.
 */
export interface Draws {
  readonly lossSeeds: readonly [bigint, bigint];
  readonly startOffsetsNs: readonly number[];
}

/** Flows start up to so much later than said, so that a median over seeds is not one value many times. */
const startSpreadNs = 50_000_000n;

export function drawsOf({ experiment, seed }: Run): Draws {
  const random = splitMix64(BigInt(seed) * 0x1_0000_0000n + digestOf(experiment.name));
  const lossSeeds = [random(), random()] as const;
  const startOffsetsNs = experiment.flows.map(() => Number(random() % startSpreadNs));
  return { lossSeeds, startOffsetsNs };
}

const mask = 0xffff_ffff_ffff_ffffn;

/** SplitMix64 (Steele, Lea and Flood, 2014). */
function splitMix64(seed: bigint): () => bigint {
  let state = seed & mask;
  return () => {
    state = (state + 0x9e37_79b9_7f4a_7c15n) & mask;
    let z = state;
    z = ((z ^ (z >> 30n)) * 0xbf58_476d_1ce4_e5b9n) & mask;
    z = ((z ^ (z >> 27n)) * 0x94d0_49bb_1331_11ebn) & mask;
    return z ^ (z >> 31n);
  };
}

/** FNV-1a of the name, 32 bits. */
function digestOf(name: string): bigint {
  let hash = 0x811c_9dc5;
  for (const character of name) {
    hash = Math.imul(hash ^ character.charCodeAt(0), 0x0100_0193) >>> 0;
  }
  return BigInt(hash);
}
