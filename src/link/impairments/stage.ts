// SPDX-License-Identifier: GPL-2.0-only

/**
 * What may happen to a frame between its departure and its arrival, as a chain: each stage passes a frame on to
 * the next one, later or twice or not at all. Frames are one segment here.
 */
import type { SeededEntropy, Stateful } from '../../host/index.js';
import type { FrameHandle, FramePool } from '../frame-pool.js';
import type { FrameView } from '../frame-view.js';

export interface FrameStage {
  /** Takes a frame and the caller's hold of it. `extraDelayNs` comes on top of the link's delay. */
  push(frame: FrameHandle, extraDelayNs: number): void;
}

/** A stage with state of its own, beside its random stream. */
export type StatefulStage = FrameStage & Stateful;

export interface StageCounters {
  droppedByRule: number;
  droppedByLoss: number;
  duplicated: number;
  corrupted: number;
  /** Frames that a rule or `reorder` held back. */
  heldBack: number;
}

/** What a stage is made of. */
export interface StageContext {
  readonly pool: FramePool;
  readonly counters: StageCounters;
  /** The direction's own stream of that name. */
  entropy(name: string): SeededEntropy;
  view(frame: FrameHandle): FrameView;
}
