// SPDX-License-Identifier: GPL-2.0-only

/**
 * Kernels in the machine's own code, and hosts in real time.
 * @module libos/native
 */
export {
  HostNic,
  SeededEntropy,
  type FrameOffloads,
  type FrameSink,
  type HostNicOptions,
  type Nic,
  type Offload,
  type Runnable,
  type Scheduler,
  type TargetId,
  type Timed,
  type Timeline,
  type Xoshiro128State,
} from '../host/index.js';
export { addon, type Addon } from '../addon/addon.js';
export { buildNative, type BuildOptions, type NativePart } from '../addon/build.js';
export { NativeHost, type NativeHostOptions } from './native-host.js';
export { NativeInstance } from './native-instance.js';
export { NativeKernel, type NativeLoadOptions } from './native-kernel.js';
export {
  EPOLLERR,
  EPOLLET,
  EPOLLHUP,
  EPOLLIN,
  EPOLLOUT,
  EPOLLPRI,
  EPOLLRDHUP,
  Reactor,
  type ReadyCallback,
  type Watch,
  type WatchOptions,
} from './reactor.js';
export { MonotonicClock } from './real-clock.js';
export { RealTimeline, type RealTimelineOptions } from './real-timeline.js';
