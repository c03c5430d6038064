// SPDX-License-Identifier: GPL-2.0-only

/** Samples of queueing disciplines: what rtnetlink's statistics say of each. */
import type { PosixHost } from '../../posix/index.js';
import { number, type Sample, type Schema, type SeriesSubject } from './series.js';

export interface QdiscSample extends Sample {
  /** What waits. */
  readonly queuedPackets: number;
  readonly queuedBytes: number;
  /** What has gone on, since the discipline was made. */
  readonly sentPackets: number;
  readonly sentBytes: number;
  readonly droppedPackets: number;
  /** What was put back since the device was busy. */
  readonly requeuedPackets: number;
  /** How often a limit held something back. */
  readonly overlimits: number;
}

export const qdiscSchema: Schema<QdiscSample> = {
  kind: 'qdisc',
  columns: {
    timeNs: number,
    queuedPackets: number,
    queuedBytes: number,
    sentPackets: number,
    sentBytes: number,
    droppedPackets: number,
    requeuedPackets: number,
    overlimits: number,
  },
};

export interface QdiscSubject extends SeriesSubject {
  readonly interface: string;
  /** `fq`, `pfifo_fast` … */
  readonly discipline: string;
  /** As tc(8) writes them: `1:`, `root`. */
  readonly handle: string;
  readonly parent: string;
}

export interface QdiscReading {
  readonly subject: QdiscSubject;
  readonly sample: QdiscSample;
}

/** Names of interfaces by index. Asking for all at each sample would cost more than the rest of it. */
const interfaceNames = new WeakMap<PosixHost, Map<number, string>>();

function interfaceName(posix: PosixHost, index: number): string {
  let names = interfaceNames.get(posix);
  if (names?.has(index) !== true) {
    names = new Map(posix.route.links.list().map((link) => [link.index, link.name]));
    interfaceNames.set(posix, names);
  }
  return names.get(index) ?? `${index}`;
}

/** The disciplines of a host's interfaces now, those that do nothing (`noqueue`) left out. */
export function readQdiscs(host: string, posix: PosixHost, timeNs: number): QdiscReading[] {
  return posix.route.trafficControl
    .qdiscs()
    .filter(({ kind }) => kind !== 'noqueue')
    .map(({ index, kind, handle, parent, statistics }) => {
      const name = interfaceName(posix, index);
      const { basic, queue } = statistics ?? {};
      return {
        subject: {
          host,
          name: `${host}.${name} ${kind} ${handle}`,
          ...{ interface: name, discipline: kind, handle, parent },
        },
        sample: {
          timeNs,
          queuedPackets: queue?.qlen ?? 0,
          queuedBytes: queue?.backlog ?? 0,
          sentPackets: basic?.packets ?? 0,
          sentBytes: basic?.bytes ?? 0,
          droppedPackets: queue?.drops ?? 0,
          requeuedPackets: queue?.requeues ?? 0,
          overlimits: queue?.overlimits ?? 0,
        },
      };
    });
}
