// SPDX-License-Identifier: GPL-2.0-only

/** What all links have in common, whatever carries the frames. */
import type { Nic } from '../host/index.js';

/** A frame as it passes an end of a link. */
export interface ObservedFrame {
  readonly nic: Nic;
  /** Seen from the NIC. */
  readonly direction: 'out' | 'in';
  readonly timeNs: number;
  /** As the wire carries it: one segment, checksums done. */
  readonly bytes: Uint8Array;
}

export type FrameObserver = (frame: ObservedFrame) => void;

export interface Link {
  readonly ends: readonly Nic[];
  /** Calls `observer` for each frame at each end until the result is disposed of. It must not call a kernel. */
  observe(observer: FrameObserver): Disposable;
}

export interface DirectionCounters {
  /** Frames that began their way, and their bytes. */
  readonly frames: number;
  readonly bytes: number;
  /** Frames that found the queue full. */
  readonly droppedByQueue: number;
  /** Frames that the other end did not take: it was down or had no memory. */
  readonly droppedByReceiver: number;
}
