// SPDX-License-Identifier: GPL-2.0-only

/** Topologies without kernels, for tests of what plans addresses and routes. */
import { CallerLine } from '../../src/dce/caller-line.js';
import { Topology, type Attachment, type Segment, type Station } from '../../src/dce/topology.js';

export interface TestStation extends Station {
  readonly attachments: Attachment[];
}

export type EndSettings = Partial<Pick<Attachment, 'cost' | 'wanted' | 'families'>>;

export class TestTopology extends Topology {
  station(name: string, forwards?: boolean): TestStation {
    const attachments: Attachment[] = [];
    const station: TestStation = {
      name,
      index: this.stations.length,
      attachments,
      get forwards() {
        return forwards ?? attachments.length > 1;
      },
    };
    this.addStation(station);
    return station;
  }

  /** A new interface of a host in a segment. */
  put(station: TestStation, segment: Segment, settings: EndSettings = {}): Attachment {
    const number = station.attachments.length;
    const attachment: Attachment = {
      station,
      label: `${station.name}.eth${number}`,
      number,
      cost: 1,
      wanted: [],
      families: 'automatic',
      at: CallerLine.here(),
      addresses: [],
      ...settings,
    };
    station.attachments.push(attachment);
    this.attach(segment, attachment);
    return attachment;
  }

  /** Joins two hosts. */
  link(a: TestStation, b: TestStation, settings: readonly EndSettings[] = []): Segment {
    const segment = this.createSegment();
    this.put(a, segment, settings[0]);
    this.put(b, segment, settings[1]);
    return segment;
  }
}
