// SPDX-License-Identifier: GPL-2.0-only

/**
 * What a link is told to do, as people write it. Strings have units ("10 Mbit/s", "20 ms", "64 kB"); numbers are
 * in the unit that each option names.
 */
import type { FrameView } from './frame-view.js';

/** One direction of a link. A frame goes by these in the order in which they stand here. */
export interface DirectionOptions {
  /** The largest IP packet in bytes; a larger frame is dropped. By default a link carries any frame. */
  readonly mtu?: number;
  /** Frames that wait for the rate, beside the one that is being sent: 1,000 by default. */
  readonly queue?: QueueOptions;
  /** How fast bits leave: "10 Mbit/s" or bits per second; Infinity by default. */
  readonly rate?: string | number;
  /**
   * When bytes may leave, in mahimahi's format: a file's path, or milliseconds in rising order, each a chance to
   * send 1,500 bytes of packets. It begins again after the last. In place of `rate`.
   */
  readonly trace?: string | readonly number[];
  /** What is lost on the way: a probability, a model, a predicate, or several. */
  readonly loss?: LossOptions | readonly LossOptions[];
  /** The probability that a frame comes twice. */
  readonly duplicate?: number;
  /** Flipped bits: the probability that a frame has one, or that each bit is one. */
  readonly corrupt?: number | { readonly bitErrorRate: number };
  /** From a frame's departure to its arrival: "20 ms" or nanoseconds. */
  readonly delay?: string | number;
  /** How the delay varies. A duration alone: evenly by as much to both sides, in order. */
  readonly jitter?: string | number | JitterOptions;
  /** Frames that are held back for longer, so that later ones overtake them. */
  readonly reorder?: ReorderOptions;
}

/** Both directions, and what one of them does otherwise. Forward is from the first end to the second. */
export interface LinkOptions extends DirectionOptions {
  readonly forward?: DirectionOptions;
  readonly backward?: DirectionOptions;
}

/** "100 packets", "64 kB", a number of packets, Infinity, or both limits. */
export type QueueOptions =
  | string
  | number
  | {
      readonly packets?: number;
      readonly bytes?: string | number;
      /** Which frame goes when the queue is full: the one that comes (tail, the default) or the oldest. */
      readonly drop?: 'tail' | 'head';
    };

/** Which frames are lost. */
export type LossOptions =
  /** The probability of each frame's loss, independent of the others. */
  | number
  /** Each nth frame: n, 2n, … */
  | { readonly every: number }
  /** Bursts: a good and a bad state, between which each frame may change. */
  | { readonly gilbertElliott: GilbertElliottOptions }
  /** Those for which it says true. */
  | ((frame: FrameView) => boolean);

/** By transition probabilities, or by the share that is lost and the mean length of a burst in frames. */
export type GilbertElliottOptions =
  | {
      readonly toBad: number;
      readonly toGood: number;
      /** 1 by default. */
      readonly lossInBad?: number;
      /** 0 by default. */
      readonly lossInGood?: number;
    }
  | { readonly loss: number; readonly burst: number };

/** Delay that differs from frame to frame. */
export interface JitterOptions {
  /** Half the width (uniform), the standard deviation (normal) or the mean (exponential, pareto). */
  readonly amount: string | number;
  /**
   * uniform: delay ± amount. normal: cut at four deviations. exponential and pareto (shape 3) only add to the
   * delay, 20 times the amount at most. Uniform by default. A delay is never less than 0.
   */
  readonly distribution?: 'uniform' | 'normal' | 'exponential' | 'pareto';
  /** Whether frames may overtake each other: not by default. */
  readonly reorder?: boolean;
}

/** Frames that overtake others. */
export interface ReorderOptions {
  readonly probability: number;
  /** How much later such a frame arrives. */
  readonly hold: string | number;
}
