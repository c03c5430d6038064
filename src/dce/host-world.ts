// SPDX-License-Identifier: GPL-2.0-only

import type { SeededEntropy } from '../host/index.js';
import type { Engine } from './engine.js';
import type { HostOptions } from './host-options.js';
import type { HostStart } from './host-start.js';
import type { Program } from './program.js';
import type { PlannedRoute } from './routes.js';
import type { SimulatedHost } from './simulated-host.js';
import type { Simulation } from './simulation.js';

/** What a host asks of its simulation. */
export interface HostWorld {
  readonly simulation: Simulation;
  readonly engine: Engine;
  readonly startDateMs: number;
  /** What its kernel starts from. */
  startFor(options: HostOptions): HostStart;
  entropy(name: string): SeededEntropy;
  /** Whether programs' calls are logged. */
  readonly recorded: boolean;
  /** Addresses have been given to all that is connected so far. */
  planAddresses(): void;
  routesOf(host: SimulatedHost): readonly PlannedRoute[];
  hostsFileOf(host: SimulatedHost): string;
  resolve(name: string, asker: SimulatedHost, version?: 4 | 6): string;
  log(
    host: SimulatedHost,
    source: 'program' | 'kernel' | 'fault',
    level: number,
    text: string,
    fields?: Readonly<Record<string, unknown>>,
  ): void;
  report(program: Program, key: string, value: unknown): void;
  /** Something has failed that nobody waits for: the run ends with it. */
  failed(error: Error): void;
  /** A program of a host has been woken or has asked for something. */
  progressed(): void;
}
