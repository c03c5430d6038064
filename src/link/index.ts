// SPDX-License-Identifier: GPL-2.0-only

/** `libos/link`: wires between NICs, and captures of what they carry. */
export { Capture, type CaptureOptions, type CaptureTarget } from './capture.js';
export type { CaptureFileOptions } from './capture-file.js';
export { FileSink, MemorySink, type CaptureSink } from './capture-sink.js';
export type { DirectionCounters, FrameObserver, Link, ObservedFrame } from './link.js';
export { mergeCaptures } from './merge-captures.js';
export { completeChecksum, segmentCount, wireFrames } from './segment.js';
export { Wire, type WireOptions } from './wire.js';
