// SPDX-License-Identifier: GPL-2.0-only

/** What links are given from outside: the simulation that they are in, and the way to another worker. */
import type { FrameOffloads, SeededEntropy, Timeline } from '../host/index.js';
import type { FramePool } from './frame-pool.js';

/** What links need of the simulation that they are in. @internal */
export interface LinkWorld extends Timeline {
  /** Where frames travel; one for all links. */
  readonly frames: FramePool;
  /** The stream of randomness of that name. */
  entropy(name: string): SeededEntropy;
  /**
   * Whether whoever asks may change a link now; otherwise what it asked for is done already. Throws when it must
   * not at all.
   */
  mayChange?(): boolean;
}

/** The far half of a direction, in another worker. @internal */
export interface RemoteSink {
  /**
   * A frame that will arrive there. Frames of one direction must be given to `acceptRemote` in the order of these
   * calls. The bytes and offloads are valid during the call.
   */
  send(
    direction: number,
    arrivalNs: number,
    epoch: number,
    offloads: FrameOffloads,
    bytes: Uint8Array,
  ): void;
}
