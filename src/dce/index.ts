// SPDX-License-Identifier: GPL-2.0-only

/** `libos/dce`: many hosts in one process, in virtual time. */
export type { Cancellable } from './callbacks.js';
export { Engine } from './engine.js';
export { EventQueue } from './event-queue.js';
export { SimulatedHost } from './simulated-host.js';
export {
  Simulation,
  type ConnectOptions,
  type Connection,
  type HostOptions,
  type SimulationOptions,
} from './simulation.js';
