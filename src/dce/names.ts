// SPDX-License-Identifier: GPL-2.0-only

/** Hosts' names as addresses, for programs and for each host's own /etc/hosts. */
import type { Address, Segment, Station, Topology } from './topology.js';

/** Hosts whose names fit into everybody's /etc/hosts: beyond it the files would be larger than the kernels. */
const namesInFileMax = 256;

export class Names {
  readonly #topology: Topology;
  readonly #stations = new Map<string, Station>();
  /** Lines of /etc/hosts that are the same for everybody, as the topology was at that version. */
  #lines: { readonly version: number; readonly of: Map<Station, string> } | undefined;

  constructor(topology: Topology) {
    this.#topology = topology;
  }

  add(station: Station): void {
    this.#stations.set(station.name, station);
  }

  get(name: string): Station | undefined {
    return this.#stations.get(name);
  }

  get names(): readonly string[] {
    return [...this.#stations.keys()];
  }

  /**
   * The address by which `asker` knows a host: on a segment that both are on if there is one, else that of the
   * host's first interface; IPv4 unless the version is given or there is none. Undefined: it has no address.
   */
  addressOf(name: string, asker: Station, version?: 4 | 6): Address | undefined {
    const station = this.#stations.get(name);
    if (!station) return undefined;
    const pick = (addresses: readonly Address[]): Address | undefined =>
      version === undefined
        ? (addresses.find((a) => a.version === 4) ?? addresses[0])
        : addresses.find((a) => a.version === version);
    const near = this.#near(station, asker);
    return pick(near) ?? pick(station.attachments.flatMap(({ addresses }) => addresses));
  }

  #near(station: Station, asker: Station): readonly Address[] {
    if (station === asker || station.attachments.length < 2) return [];
    const shared = new Set<Segment>(asker.attachments.map((a) => this.#topology.segmentOf(a)));
    return station.attachments
      .filter((attachment) => shared.has(this.#topology.segmentOf(attachment)))
      .flatMap(({ addresses }) => addresses);
  }

  /** What /etc/hosts of a host says. */
  hostsFile(asker: Station): string {
    const all = this.#stations.size <= namesInFileMax ? [...this.#stations.values()] : [asker];
    const lines = all.map((station) => this.#linesOf(station, asker));
    return `127.0.0.1 localhost\n::1 localhost\n${lines.join('')}`;
  }

  #linesOf(station: Station, asker: Station): string {
    // Which address of several one sees depends on who one is.
    if (station.attachments.length > 1) return this.#linesFor(station, asker);
    const { version } = this.#topology;
    if (this.#lines?.version !== version) this.#lines = { version, of: new Map() };
    let lines = this.#lines.of.get(station);
    if (lines === undefined) {
      this.#lines.of.set(station, (lines = this.#linesFor(station, asker)));
    }
    return lines;
  }

  #linesFor({ name }: Station, asker: Station): string {
    const addresses = ([4, 6] as const).map((version) => this.addressOf(name, asker, version));
    return addresses.map((address) => (address ? `${address.address} ${name}\n` : '')).join('');
  }
}
