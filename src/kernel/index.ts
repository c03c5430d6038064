// SPDX-License-Identifier: GPL-2.0-only

/**
 * Kernels, loaded, booted, cloned and called.
 * @module libos/kernel
 */
export { LibShared } from './abi.generated.js';
export type { Clock, Console, ConsoleRecord, Entropy, KernelWarning } from './environment.js';
export type { HostedKernel } from './hosted-kernel.js';
export { unsharedBytes, type KernelImage } from './image.js';
export { decodeImage, encodeImage } from './image-file.js';
export {
  KernelInstance,
  type DeathHandler,
  type NicHandler,
  type SignalHandler,
  type TimerHandler,
  type WakeHandler,
} from './instance.js';
export type { KernelChoice, Profile } from '../../kernel/build/locate.js';
export {
  Kernel,
  type BootOptions,
  type CloneOptions,
  type ImageOptions,
  type KernelSource,
} from './kernel.js';
export type { KernelManifest } from './manifest.js';
export { KernelMemory } from './memory.js';
export { formatFrame, KernelPanic, reasonOf, type KernelFrame, type PanicReason } from './panic.js';
export { cmdlineBytes, KernelReports, nested, outOfMemory, type Environment } from './reports.js';
