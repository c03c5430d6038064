// SPDX-License-Identifier: GPL-2.0-only

/** The host backend: kinds of clock, entropy and console, and network devices. */
export { RealClock, SimulatedClock, type Clock } from './clock.js';
export { ConsoleLog, consoleWriter, type Console, type ConsoleRecord } from './console.js';
export { SeededEntropy, SystemEntropy, type Entropy, type Xoshiro128State } from './entropy.js';
export { LIB_FRAME, LIB_GSO } from '../kernel/abi.generated.js';
export { HostNic, type HostNicOptions, type HostNicState, type Offload } from './hostnic.js';
export type { FrameOffloads, FrameSink, Nic } from './nic.js';
export type { Runnable, Scheduler, TargetId, Timed, Timeline } from './scheduler.js';
export type { Stateful } from './stateful.js';
export { turnOfEventLoop } from './turn.js';
