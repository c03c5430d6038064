// SPDX-License-Identifier: GPL-2.0-only

/**
 * How links and hosts are told that a moment has come. The driver of a simulation provides it (src/dce); on real
 * time something else will. Nothing is allocated for an event: it is a time, a target's number and two numbers.
 */
export interface Timed {
  /** Context: no kernel is inside a call. */
  onTime(a: number, b: number): void;
}

/** A kernel with queued work. */
export interface Runnable {
  /** Its host's, for errors. */
  readonly name?: string;
  /** Runs what it has to run now. */
  run(): void;
  /** Set once it cannot be run any more. */
  readonly death: unknown;
  /** Set by who drives it: it is among those that are going to be run. */
  queued?: boolean;
}

/** A target of events, as its scheduler knows it. */
export type TargetId = number;

/**
 * Each part of a simulation that makes events (a host, a direction of a link) has one of its own. Events of one
 * moment come by the order in which their schedulers were created, those of one scheduler as they were asked for:
 * an order that does not change when other parts run elsewhere.
 */
export interface Scheduler {
  readonly nowNs: number;
  /** Context: while the part is made, always in the same order, so that a snapshot finds the target again. */
  register(target: Timed): TargetId;
  /** Calls the target's `onTime(a, b)` at `timeNs`, which is whole and not in the past. */
  at(timeNs: number, target: TargetId, a: number, b: number): void;
  /** Calls `kernel.run()` once before time moves on, however often this was called. */
  runBeforeTimeMoves(kernel: Runnable): void;
  /** A program can go on: its promises are given the time to, before time moves on. */
  programsWoken(): void;
}

/** Where the parts get their schedulers. */
export interface Timeline {
  readonly nowNs: number;
  /** A scheduler for one part of the timeline, with an order of its own among events of the same time. */
  createScheduler(): Scheduler;
}
