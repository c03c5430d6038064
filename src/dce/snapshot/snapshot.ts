// SPDX-License-Identifier: GPL-2.0-only

/** A simulation at one moment: everything that it needs to go on from there, in place or in a fork. */
import { LibosError } from '../../errors.js';
import type { EngineState } from '../engine.js';
import type { HostSnapshot } from '../simulated-host.js';
import type { Simulation } from '../simulation.js';

/** How a fork differs from what it is a fork of. */
export interface ForkOptions {
  /** Randomness from now on is of this seed; by default it goes on as it would have. */
  readonly seed?: number | string;
}

export interface SnapshotContents {
  readonly hosts: readonly HostSnapshot[];
  readonly links: readonly {
    readonly name: string;
    readonly state: unknown;
    /** How many rules it had. */
    readonly rules: number;
  }[];
  readonly media: readonly { readonly name: string; readonly state: unknown }[];
  readonly frames: unknown;
  readonly reports: unknown;
  readonly observation: unknown;
  readonly faults: unknown;
  /** States of the random streams that were given out. */
  readonly streams: unknown;
  readonly settledVersion: number;
  /** How many steps of building there were. */
  readonly steps: number;
  readonly engine: EngineState;
}

/** Everything of a simulation at one moment: what `simulation.snapshot` gives, to come back to or to fork from. */
export class Snapshot {
  /** What it was taken of. */
  readonly simulation: Simulation;
  /** When, in virtual time. */
  readonly timeNs: number;
  /** @internal */
  readonly contents: SnapshotContents;

  /** Made by `simulation.snapshot`. @internal */
  constructor(simulation: Simulation, contents: SnapshotContents) {
    this.simulation = simulation;
    this.timeNs = contents.engine.nowNs;
    this.contents = contents;
  }

  /** A new simulation that goes on from here; any number of them, each on its own. */
  fork(options: ForkOptions = {}): Promise<Simulation> {
    return this.simulation.fork(this, options);
  }

  /** Bytes of kernel memory that no earlier snapshot and no boot image has. */
  get kernelBytes(): number {
    return this.contents.hosts.reduce((sum, { boot }) => sum + (boot?.newBytes ?? 0), 0);
  }

  /** Bytes of the logs of programs that it may need; snapshots of one run share them. */
  get logBytes(): number {
    return this.contents.hosts.reduce((sum, { boot }) => sum + (boot?.logBytes ?? 0), 0);
  }
}

/** Refuses to put a snapshot into a simulation that has other parts. */
export function checkParts({ contents }: Snapshot, simulation: Pick<Simulation, 'topology'>): void {
  const { hosts, links, media } = simulation.topology;
  for (const [what, theirs, ours] of [
    ['host', contents.hosts, hosts],
    ['link', contents.links, links],
    ['medium', contents.media, media],
  ] as const) {
    const count = Math.max(theirs.length, ours.length);
    for (let index = 0; index < count; index++) {
      const [saved, present] = [theirs[index]?.name, ours[index]?.name];
      if (saved === present) continue;
      throw new LibosError(
        'ERR_LIBOS_SNAPSHOT',
        `the snapshot is of another topology: its ${what} ${index + 1} is ${saved ?? 'none'}, the simulation's ${present ?? 'none'}`,
        { hint: 'snapshot.fork() makes a simulation with the parts of its moment' },
      );
    }
  }
}
