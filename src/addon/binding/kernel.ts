// SPDX-License-Identifier: GPL-2.0-only

/** native/addon/kernel.c, which src/native/native-instance.ts wraps: nobody else calls it but for the handle. */

/** A kernel of the addon, for functions of the addon that take one; opaque. */
export type KernelHandle = object;

/** Places in a kernel's block. Mirrors `enum block_place`. */
export const place = {
  operation: 0,
  nowNs: 1,
  timerNs: 2,
  result: 3,
  events: 4,
  death: 5,
  queued: 6,
  arguments: 8,
  count: 16,
} as const;

/** What a call does. Mirrors `enum operation`. */
export const operation = {
  timer: 0,
  run: 1,
  syscall: 2,
  alloc: 3,
  free: 4,
  processCreate: 5,
  processExit: 6,
  signalTake: 7,
  watch: 8,
  unwatch: 9,
  nicCreate: 10,
  nicDestroy: 11,
  nicCarrier: 12,
  rxAlloc: 13,
  reseed: 14,
  boot: 15,
  nothing: 16,
} as const;

/** What happened in a call: four words each (kind, a, b, c). Mirrors `enum copy_event_kind`. */
export const eventKind = { transmit: 0, wake: 1, signal: 2, log: 3, warn: 4, frame: 5 } as const;
export const eventWords = 4;

export const queueMax = 1024;
/** Of a queued frame: it was sent and is given back. */
export const queuedTxDone = 1;
export const scratchBytes = 4096;
/** A death's cause beside those of the host interface: its code made a fault. */
export const causeTrapped = 100;

export interface NativeKernelParts {
  readonly handle: KernelHandle;
  readonly memory: ArrayBuffer;
  /** The address of the memory's first byte. */
  readonly base: number;
  readonly events: ArrayBuffer;
  readonly text: ArrayBuffer;
  /** Does what the block says. */
  readonly call: () => void;
}

export interface KernelBinding {
  /**
   * Loads a copy of its own. `entropy(length)` fills the first bytes of `scratch` and returns 0; `epochNs` is
   * CLOCK_MONOTONIC at the kernel's 0 where its clock is the machine's, else NaN. Throws with `code` ENOMEM, ELIBBAD.
   */
  kernelCreate(
    path: string,
    memoryBytes: number,
    block: Float64Array,
    queue: Uint32Array,
    scratch: Uint8Array,
    entropy: (lengthBytes: number) => number,
    epochNs: number,
  ): NativeKernelParts;
  /** Fills in what boot reads. */
  kernelPrepare(kernel: KernelHandle, cmdline: string, realtimeOffsetMs: number): void;
  /** Of a dead kernel: its last words, and offsets of return addresses in its file, innermost first. */
  kernelDeath(kernel: KernelHandle): {
    readonly message: string;
    readonly frames: readonly number[];
  };
  /** Gives everything back; its buffers are empty from then on. */
  kernelClose(kernel: KernelHandle): void;
}
