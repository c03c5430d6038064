// SPDX-License-Identifier: GPL-2.0-only

/**
 * The package's front door: re-exports what most programs need; the subpaths export the rest.
 * @module libos
 */
export { LibosError } from './errors.js';
export { packageVersion as version } from './package-root.js';
export {
  currentProgram,
  Fault,
  Os,
  Program,
  ProgramError,
  SimulatedHost,
  Simulation,
  type ConnectOptions,
  type HostOptions,
  type ProgramOptions,
  type RunReport,
  type SimulationOptions,
} from './dce/index.js';
export { Kernel, KernelInstance, KernelPanic } from './kernel/index.js';
export { Capture, Hub, Link, Switch, Wireless } from './link/index.js';
export { parameters, scenario } from './scenario/index.js';
