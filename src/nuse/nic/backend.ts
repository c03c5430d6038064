// SPDX-License-Identifier: GPL-2.0-only

/** What every kind of NIC on real time is to the rest: the way between a HostNic and the machine. */
import type { HostNic, Offload, Scheduler } from '../../host/index.js';
import type { Reactor } from '../../native/reactor.js';

/** What a back end works with. */
export interface NicEnvironment {
  readonly reactor: Reactor;
  readonly scheduler: Scheduler;
  /** One line of what happens later on: a peer that comes or goes, a helper that ends. */
  readonly log: (line: string) => void;
  /** The carrier has come or gone; Linux would notice within a second by itself. Context: no kernel is in a call. */
  readonly carrierChanged: () => void;
}

/** Frames since the start, as the machine's side took and gave them: segments that were left whole count once. */
export interface NicCounters {
  readonly sentFrames: number;
  readonly sentBytes: number;
  /** Not taken by the machine. */
  readonly sentDropped: number;
  readonly receivedFrames: number;
  readonly receivedBytes: number;
  /** Not taken by the kernel: out of memory, or the interface is down. */
  readonly receivedDropped: number;
  /** How often sending had to wait for room. */
  readonly sendWaits: number;
}

export interface NicBackend {
  /** What the other side can do for the device: offered to Linux, less than that if the configuration says so. */
  readonly offloads: Readonly<Record<Offload, boolean>>;
  /** The largest IP packet, in bytes, that the other side takes as it is set up; undefined: it does not say. */
  readonly mtu: number | undefined;
  readonly counters: NicCounters;
  /** "up", or why there is no carrier. */
  readonly state: string;
  /** Moves frames of this NIC from now on. Context: once; the NIC is attached to its kernel. */
  start(nic: HostNic): void;
  /** Takes the carrier away, gives everything back to the machine. */
  close(): Promise<void>;
}

/** All that Linux can leave to a device; a kernel merges what it receives by itself. */
export const allOffloads: NicBackend['offloads'] = {
  sg: true,
  csum: true,
  tso: true,
  uso: true,
  gro: true,
};
/** Where frames leave as they are on a wire: Linux splits them and completes checksums before. */
export const plainOffloads: NicBackend['offloads'] = {
  sg: true,
  csum: false,
  tso: false,
  uso: false,
  gro: true,
};
