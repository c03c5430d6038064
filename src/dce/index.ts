// SPDX-License-Identifier: GPL-2.0-only

/**
 * Many hosts in one process, in virtual time.
 * @module libos/dce
 */
export type { Cancellable } from './callbacks.js';
export { Engine } from './engine.js';
export { EventQueue } from './event-queue.js';
export { CallerLine, located, scenarioError } from './caller-line.js';
export type { Connectable, ConnectOptions, EndAddresses } from './connect.js';
export { Faults, type FaultEnd, type PartitionOptions, type ResetOptions } from './faults.js';
export { Fault, type FaultOptions } from './fault.js';
export type { ForkOptions, Snapshot } from './snapshot/snapshot.js';
export type { SimulationPart } from './snapshot/snapshots.js';
export { HostCalls } from './host-calls.js';
export { HostClock, type ClockSettings } from './host-clock.js';
export type { NicOptions } from './host-nics.js';
export type { HostOptions, KernelOption } from './host-options.js';
export type { LoadedKernel, OwnedKernel } from './host-start.js';
export { combineDigest, type DigestPart } from './digest.js';
export {
  formatLogLine,
  SimulationLog,
  type LogFilter,
  type LogHost,
  type LogLevel,
  type LogLine,
  type LogListener,
  type LogSource,
} from './log.js';
export {
  Observation,
  type DigestCoverage,
  type HostChoice,
  type ObservationState,
  type SimulationCaptureOptions,
  type SimulationTraceOptions,
} from './observation.js';
export { Os } from './os.js';
export { isOutside } from './outside.js';
export {
  currentProgram,
  Program,
  ProgramError,
  type Outcome,
  type ProgramFunction,
  type ProgramOptions,
  type ProgramState,
} from './program.js';
export type { Report, Reports } from './reports.js';
export * from './run-context.js';
export type { RunReport } from './run-report.js';
export { SimulatedHost, type HostState } from './simulated-host.js';
export { Simulation, type HostsOf, type SimulationOptions } from './simulation.js';
export type { AddressFamilies } from './topology.js';
export * from './trace/index.js';
export * from './parallel/index.js';
