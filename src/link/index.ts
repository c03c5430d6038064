// SPDX-License-Identifier: GPL-2.0-only

/**
 * Links, switches and other media between hosts, and captures of what they carry.
 * @module libos/link
 */
export type { AccessPoint } from './access-point.js';
export { Capture, type CaptureOptions, type CaptureState, type CaptureTarget } from './capture.js';
export type { CaptureFileOptions } from './capture-file.js';
export { FileSink, MemorySink, type CaptureSink } from './capture-sink.js';
export { addToSum, fold } from './checksum.js';
export type { DirectionCounters, ReceivedCounters, SentCounters } from './counters.js';
export type { LinkDirection } from './direction.js';
export type { FrameObserver, LinkEnd } from './end.js';
export { FramePool, type FrameHandle } from './frame-pool.js';
export type { FrameView, TcpView } from './frame-view.js';
export type { Rule, RuleAnswer } from './impairments/rules.js';
export { Hub, type HubOptions } from './hub.js';
export { Link } from './link.js';
export type { Medium } from './medium.js';
export { mergeCaptures } from './merge-captures.js';
export type {
  DirectionOptions,
  GilbertElliottOptions,
  JitterOptions,
  LinkOptions,
  LossOptions,
  QueueOptions,
  ReorderOptions,
} from './options.js';
export { Port } from './port.js';
export type { Position, Radio } from './radio.js';
export { checkLinkOptions } from './settings.js';
export { completeChecksum, segmentCount, wireFrames } from './segment.js';
export type { Station } from './station.js';
export { Switch, type SwitchCounters, type SwitchOptions } from './switch.js';
export { Wireless, type WirelessOptions } from './wireless.js';
export type { LinkWorld, RemoteSink } from './world.js';
