// SPDX-License-Identifier: GPL-2.0-only

/** `libos/link`: wires between NICs, and captures of what they carry. */
export { Capture } from './capture.js';
export type { DirectionCounters, FrameObserver, Link, ObservedFrame } from './link.js';
export { PcapngWriter, type ByteSink } from './pcapng.js';
export { completeChecksum, segmentCount, wireFrames } from './segment.js';
export { Wire, type WireOptions } from './wire.js';
