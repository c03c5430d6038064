// SPDX-License-Identifier: GPL-2.0-only

/**
 * What whoever runs a scenario says to the simulations that its module makes: `new Simulation` looks here. A thread
 * has at most one; without a runner there is none, and a simulation goes by its own options.
 */
import type { KernelOption } from './host-options.js';
import type { WorkerShare } from './parallel/share.js';
import type { Simulation } from './simulation.js';

/** @internal */
export interface RunContext {
  /** Takes the place of the seed that the scenario gives. */
  readonly seed?: number | string;
  /** The kernel of hosts for which the scenario names none. */
  readonly kernel?: KernelOption;
  /** No run goes beyond this moment of virtual time. */
  readonly untilNs?: number;
  /**
   * On shared memory, read by the thread that watches: [virtual time in nanoseconds, events so far, signs of life
   * that are neither (turns of programs, hosts booted), whether to stop].
   */
  readonly heartbeat?: Float64Array;
  /** The place to stop is not 0. It throws what the run then ends with. Context: between two moments. */
  readonly onStop?: () => never;
  /** This thread's share of the simulations, when several threads run them. */
  readonly share?: WorkerShare;
  /** A simulation has been made. Context: the end of its constructor. */
  readonly onSimulation?: (simulation: Simulation) => void;
  /**
   * A simulation is about to run until `endNs`, or (Infinity) until its programs have ended. Context: at each run,
   * before hosts boot and time moves.
   */
  readonly onRun?: (simulation: Simulation, endNs: number) => void;
}

/** The places in a heartbeat. @internal */
export const heartbeatTime = 0;
/** @internal */
export const heartbeatEvents = 1;
/** @internal */
export const heartbeatLife = 2;
/** @internal */
export const heartbeatStop = 3;
/** @internal */
export const heartbeatWords = 4;

let current: RunContext | undefined;

/** The context of this thread's scenario. @internal */
export function runContext(): RunContext | undefined {
  return current;
}

/** Context: called by the runner before the scenario's module is evaluated, and with nothing afterwards. @internal */
export function setRunContext(context: RunContext | undefined): void {
  current = context;
}
