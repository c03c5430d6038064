// SPDX-License-Identifier: GPL-2.0-only

/** What a simulation is made with. */
import type { KernelOption } from './host-options.js';
import type { DigestCoverage } from './observation.js';
import type { AddressFamilies } from './topology.js';

/** What holds for a whole simulation; the same options, seed and scenario give the same bytes. */
export interface SimulationOptions {
  /** All randomness comes from it: the same seed, the same run. 1 by default. */
  readonly seed?: number | string;
  /** The kernel of all hosts that name none: the profile `sim` by default. */
  readonly kernel?: KernelOption;
  /** The limit of each host's memory: "64 MiB" by default. */
  readonly memoryMax?: number | string;
  /** What the hosts' calendar says at the start: 2025-01-01 by default. */
  readonly startDate?: Date;
  /** Which addresses interfaces get without asking: IPv4 and IPv6 by default, none with 'manual'. */
  readonly addresses?: AddressFamilies;
  /** What of frames goes into the digest: their headers by default. 'none': there is no digest. */
  readonly digest?: DigestCoverage;
  /** Whether programs' calls are logged, so that snapshots can be taken while programs run: not by default. */
  readonly snapshots?: boolean;
  /**
   * A promise: programs of different hosts, and rules of different links, share no variables, as is asked of a
   * scenario in several workers. Hosts that no link joins then have their turns one after the other, each for a
   * long stretch of time; the results are the same. With hundreds of them that is several times as fast.
   */
  readonly isolatedHosts?: boolean;
}
