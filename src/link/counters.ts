// SPDX-License-Identifier: GPL-2.0-only

/** What a direction of a link counts. */
import type { StageCounters } from './impairments/stage.js';
import type { TransmitterCounters } from './transmitter.js';

/** Counted where frames are sent. */
export interface SentCounters extends TransmitterCounters, StageCounters {
  /** Frames that left, as the wire carries them, and their bytes from the Ethernet header on. */
  sentFrames: number;
  sentBytes: number;
}

/** Counted where frames arrive. */
export interface ReceivedCounters {
  receivedFrames: number;
  receivedBytes: number;
  /** The link went down while they were on their way. */
  droppedInFlight: number;
  /** The other end did not take them: it was down or had no memory. */
  droppedByReceiver: number;
}

/** What one direction of a link has sent, delivered and lost, in frames and bytes. */
export interface DirectionCounters extends Readonly<SentCounters>, Readonly<ReceivedCounters> {
  /** What waits now, beside the frame that is being sent. */
  readonly queueFrames: number;
  readonly queueBytes: number;
  /** On their way now. */
  readonly inFlightFrames: number;
}
