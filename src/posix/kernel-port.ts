// SPDX-License-Identifier: GPL-2.0-only
/**
 * What the POSIX glue needs from below: a kernel to call and a clock to wait on. The kernel host implements the
 * first, a host backend the second; nothing else of them is used here.
 */
/** A booted kernel. A task is the address that `processCreate` returned. */
export interface KernelPort {
  /** The kernel’s memory as it is now: ask anew after every call, for growth detaches older views. */
  readonly memory: {
    readonly bytes: Uint8Array;
    readonly view: DataView;
    /** The address of its first byte: 0 in wasm. */
    readonly base: number;
  };
  /** What ended this kernel; undefined while it lives. Calls of a dead kernel throw it. */
  readonly death?: unknown;
  /** Zeroed memory for arguments, 16-byte aligned; 0 when there is none. */
  alloc(sizeBytes: number): number;
  /** Gives back memory of `alloc`. */
  free(address: number): void;
  /** The result or a negative errno; -512 to -516 when the call would have to wait. */
  syscall(
    task: number,
    number: number,
    a: number,
    b: number,
    c: number,
    d: number,
    e: number,
    f: number,
  ): number;
  /** A child of `parent` (0: of init), or a negative errno. */
  processCreate(parent: number, flags: number): number;
  /** Ends a task, with a status as wait(2) has it. */
  processExit(task: number, status: number): void;
  /** The next pending signal that is not blocked, or 0. */
  signalTake(task: number): number;
  /** Reports wake-ups of a file under `cookie` until unwatched or closed: the events ready now, or a negative errno. */
  watch(task: number, fd: number, events: number, cookie: number): number;
  /** Ends a watch. */
  unwatch(cookie: number): number;
  /** Set by the glue; called while the kernel runs, so they only record. */
  onWake: (cookie: number, events: number) => void;
  /** Told of a task that a signal waits for. */
  onSignal: (task: number) => void;
  /** Tells a port that records its calls where their arguments lie. */
  useArena?(arena: ArgumentArena): void;
}

/** The piece of kernel memory in which calls pass their arguments. */
export interface ArgumentArena {
  /** Where it begins now; memory that it has outgrown is looked at whole. */
  readonly address: number;
  readonly usedBytes: number;
}

/** A timer that can be called off; calling off one that fired does nothing. */
export interface Timer {
  /** It does not call any more. */
  cancel(): void;
}

/** The host’s clock and its turn to run. */
export interface HostTime {
  /** CLOCK_MONOTONIC. */
  nowNs(): number;
  /** Calls back when the clock reaches `timeNs`, outside of any kernel call. */
  at(timeNs: number, callback: () => void): Timer;
  /** Calls back as soon as the kernel is not running, in the order of the requests. */
  defer(callback: () => void): void;
}
