// SPDX-License-Identifier: GPL-2.0-only

/**
 * What a host sees of its kernel, whichever form it has: calls, which run to their end, and ears for what it does
 * on the way. Addresses are numbers below 4 GiB; tasks and frames are such.
 */
import type { ConsoleRecord } from './environment.js';
import type { KernelMemory } from './memory.js';
import type { KernelPanic } from './panic.js';

/** A running kernel of either form: what the layers above drive. */
export interface HostedKernel {
  readonly name: string;
  readonly memory: KernelMemory;
  readonly memoryMaxBytes: number;
  /** When `timer` must be called next; Infinity: never. */
  readonly timerNs: number;
  readonly nowNs: number;
  /** What ended this kernel, undefined while it lives. Calls of a dead kernel throw it. */
  readonly death: KernelPanic | undefined;
  /** The last records of the log. */
  readonly consoleTail: readonly ConsoleRecord[];
  /** For who drives it: it is among those that are going to be run. */
  queued: boolean;

  /** Who is told when `timerNs` changes, after the call that changed it. */
  set onTimer(handler: (timerNs: number) => void);
  /** Who is told when the kernel has died in a call, before the call throws. */
  set onDeath(handler: (death: KernelPanic) => void);
  /** Who records a frame that a NIC sends, and a wake-up, and a signal; they may read the memory. */
  set onTransmit(handler: (nic: number, frame: number) => void);
  set onWake(handler: (cookie: number, events: number) => void);
  set onSignal(handler: (task: number) => void);

  /** The timer interrupt. */
  timer(): void;
  /** Runs what `rx` and `txDone` have queued. */
  run(): void;
  /** A system call of a process: the result or -errno; -512: it waits. */
  syscall(
    task: number,
    number: number,
    a?: number,
    b?: number,
    c?: number,
    d?: number,
    e?: number,
    f?: number,
  ): number;
  /** Zeroed memory for arguments of system calls. Throws ERR_LIBOS_KERNEL_NO_MEMORY. */
  alloc(sizeBytes: number): number;
  /** Gives back memory of `alloc`. */
  free(address: number): void;
  /** The task of a new child of `parent` (0: of init), or -errno. */
  processCreate(parent: number, flags: number): number;
  /** Ends a task, with a status as wait(2) has it. */
  processExit(task: number, status: number): void;
  /** The number of the next pending signal, or 0. */
  signalTake(task: number): number;
  /** The events that are ready now, or -errno. */
  watch(task: number, fd: number, events: number, cookie: number): number;
  /** Ends a watch. */
  unwatch(cookie: number): number;
  /** `config` is the address of a lib_nic_config: the NIC's number, or -errno. */
  nicCreate(config: number): number;
  /** Takes a NIC away; 0 or a negative errno. */
  nicDestroy(nic: number): number;
  /** Whether a NIC has carrier; 0 or a negative errno. */
  nicCarrier(nic: number, up: boolean): number;
  /** The address of a lib_frame to fill, or 0. */
  rxAlloc(nic: number, lengthBytes: number): number;
  /** Queues a filled frame: `run` makes the kernel take it. */
  rx(frame: number): void;
  /** Gives a sent frame back; whether that left something for `run` to do. */
  txDone(frame: number): boolean;
  /** Draws new randomness, so that clones differ. */
  reseed(): void;
  /** Ends it from outside, as pulling the plug does: no call reaches it any more. */
  kill(kernelMessage: string): KernelPanic;
}
