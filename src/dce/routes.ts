// SPDX-License-Identifier: GPL-2.0-only

/**
 * The routes that make everybody reach everybody by the shortest way. A way costs what the interfaces cost that it
 * leaves a host by, 1 each unless said; of two that cost the same, the one wins that leaves by the lower
 * interface, and then the one to the host that was created first. A host with one way out gets a default route
 * and nothing else.
 */
import { networkAt, parseAddress, formatNetwork } from './networks.js';
import type { Address, Attachment, Segment, Station, Topology } from './topology.js';

/** A route of a host, by a gateway. */
export interface PlannedRoute {
  readonly version: 4 | 6;
  /** `default`, or a prefix. */
  readonly destination: string;
  readonly gateway: string;
  /** The interface that the gateway is reached by. */
  readonly via: Attachment;
}

/** A step from a host to one that forwards, on the same segment. */
interface Step {
  readonly out: Attachment;
  readonly to: Attachment;
}

/** How a host is reached: what it costs, and the first step. */
interface Way {
  readonly cost: number;
  readonly first: Step;
}

export class RoutePlan {
  readonly #topology: Topology;
  /** Interfaces of hosts that forward, by segment. */
  readonly #routers = new Map<Segment, readonly Attachment[]>();
  #areas: Areas | undefined;
  readonly #networks = new Map<Segment, ReadonlyMap<string, 4 | 6>>();

  /** As the topology is now; addresses have been given. */
  constructor(topology: Topology) {
    this.#topology = topology;
    for (const segment of topology.segments) {
      const routers = segment.attachments.filter(({ station }) => isRouter(station));
      if (routers.length > 0) this.#routers.set(segment, routers);
    }
  }

  /** Whether what one host sends can get to the other, by any way. */
  reaches(from: Station, to: Station): boolean {
    if (from === to) return true;
    const areas = new Set(from.attachments.map((a) => this.#areaOf(a)));
    return to.attachments.some((attachment) => areas.has(this.#areaOf(attachment)));
  }

  /** Segments that routers join, as one of them. */
  #areaOf(attachment: Attachment): Segment {
    const areas = (this.#areas ??= areasOf(this.#topology));
    return areas.find(this.#topology.segmentOf(attachment));
  }

  /** The routes of a host, beside those to its own segments. */
  routesOf(station: Station): readonly PlannedRoute[] {
    const steps = this.#stepsFrom(station);
    if (steps.length === 0) return [];
    const [only] = steps;
    if (steps.length === 1 && !isRouter(station)) return defaultRoutes(only!);
    return this.#specificRoutes(station);
  }

  /** The neighbours that pass things on, in the order that decides between equals. */
  #stepsFrom(station: Station): readonly Step[] {
    return station.attachments.flatMap((out) =>
      (this.#routers.get(this.#topology.segmentOf(out)) ?? [])
        .filter((to) => to.station !== station)
        .map((to) => ({ out, to })),
    );
  }

  #specificRoutes(station: Station): readonly PlannedRoute[] {
    const own = new Set(station.attachments.map((a) => this.#topology.segmentOf(a)));
    const best = new Map<Segment, Way>();
    for (const [router, way] of this.#waysFrom(station)) {
      for (const out of router.attachments) {
        const segment = this.#topology.segmentOf(out);
        if (own.has(segment)) continue;
        const cost = way.cost + out.cost;
        const known = best.get(segment);
        if (!known || isBetter({ cost, first: way.first }, known)) {
          best.set(segment, { cost, first: way.first });
        }
      }
    }
    const routes: PlannedRoute[] = [];
    for (const [segment, { first }] of best) {
      for (const [destination, version] of this.#networksOf(segment)) {
        const gateway = gatewayOf(first, version);
        if (gateway)
          routes.push({ version, destination, gateway: gateway.address, via: first.out });
      }
    }
    return routes;
  }

  /** The cheapest way to each router: Dijkstra's algorithm, hosts of the same cost in the order of their ways. */
  #waysFrom(station: Station): ReadonlyMap<Station, Way> {
    const ways = new Map<Station, Way>();
    const done = new Set<Station>([station]);
    const heap = new WayHeap();
    const consider = (to: Station, way: Way): void => {
      const known = ways.get(to);
      if (done.has(to) || (known && !isBetter(way, known))) return;
      ways.set(to, way);
      heap.add(to, way);
    };
    for (const step of this.#stepsFrom(station)) {
      consider(step.to.station, { cost: step.out.cost, first: step });
    }
    for (let next = heap.take(); next; next = heap.take()) {
      const { station: at, way } = next;
      if (done.has(at) || ways.get(at) !== way) continue;
      done.add(at);
      for (const { out, to } of this.#stepsFrom(at)) {
        consider(to.station, { cost: way.cost + out.cost, first: way.first });
      }
    }
    return ways;
  }

  #networksOf(segment: Segment): ReadonlyMap<string, 4 | 6> {
    let networks = this.#networks.get(segment);
    if (!networks) {
      networks = new Map(
        segment.attachments
          .flatMap(({ addresses }) => addresses)
          .map((address) => [networkName(address), address.version]),
      );
      this.#networks.set(segment, networks);
    }
    return networks;
  }
}

interface Areas {
  find(segment: Segment): Segment;
}

function areasOf(topology: Topology): Areas {
  const parents = new Map<Segment, Segment>();
  const find = (segment: Segment): Segment => {
    let root = segment;
    for (let next = parents.get(root); next; next = parents.get(root)) root = next;
    if (root !== segment) parents.set(segment, root);
    return root;
  };
  for (const station of topology.stations.filter(isRouter)) {
    const [first, ...others] = station.attachments.map((a) => find(topology.segmentOf(a)));
    for (const other of others) {
      const [root, joined] = [find(first!), find(other)];
      if (root !== joined) parents.set(joined, root);
    }
  }
  return { find };
}

const isRouter = (station: Station): boolean => station.forwards;

function isBetter(a: Way, b: Way): boolean {
  if (a.cost !== b.cost) return a.cost < b.cost;
  if (a.first.out.number !== b.first.out.number) return a.first.out.number < b.first.out.number;
  return a.first.to.station.index < b.first.to.station.index;
}

function networkName({ version, address, prefixLength }: Address): string {
  const { value } = parseAddress(`${address}/${prefixLength}`);
  return formatNetwork(networkAt(version, value, prefixLength));
}

/** The address of the neighbour that is in a network of ours. */
function gatewayOf({ out, to }: Step, version: 4 | 6): Address | undefined {
  const ours = out.addresses.filter((own) => own.version === version);
  if (ours.length === 0) return undefined;
  const theirs = to.addresses.filter((address) => address.version === version);
  if (theirs.length < 2) return theirs[0];
  const networks = new Set(ours.map(networkName));
  return theirs.find((address) => networks.has(networkName(address)));
}

function defaultRoutes(step: Step): readonly PlannedRoute[] {
  return ([4, 6] as const).flatMap((version) => {
    const gateway = gatewayOf(step, version);
    if (!gateway) return [];
    return [{ version, destination: 'default', gateway: gateway.address, via: step.out }];
  });
}

/** Hosts still to be looked at, the best way first. */
class WayHeap {
  readonly #entries: { readonly station: Station; readonly way: Way }[] = [];

  add(station: Station, way: Way): void {
    const entries = this.#entries;
    let at = entries.length;
    while (at > 0) {
      const parent = (at - 1) >>> 1;
      if (!isBetter(way, entries[parent]!.way)) break;
      entries[at] = entries[parent]!;
      at = parent;
    }
    entries[at] = { station, way };
  }

  take(): { readonly station: Station; readonly way: Way } | undefined {
    const entries = this.#entries;
    const first = entries[0];
    const last = entries.pop();
    if (entries.length === 0 || !last) return first;
    let at = 0;
    for (;;) {
      let child = at * 2 + 1;
      if (child >= entries.length) break;
      const right = entries[child + 1];
      if (right && isBetter(right.way, entries[child]!.way)) child++;
      if (!isBetter(entries[child]!.way, last.way)) break;
      entries[at] = entries[child]!;
      at = child;
    }
    entries[at] = last;
    return first;
  }
}
