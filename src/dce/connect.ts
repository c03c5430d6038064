// SPDX-License-Identifier: GPL-2.0-only

/**
 * Connections: a link, with a new NIC on each host that it ends at, and what is asked of their addresses. What
 * several hosts are plugged into (a medium) is one segment, whatever it is made of.
 */
import type { Offload } from '../host/index.js';
import {
  checkLinkOptions,
  Link,
  type LinkOptions,
  type LinkWorld,
  type Medium,
  type Port,
} from '../link/index.js';
import { scenarioError, type CallerLine } from './caller-line.js';
import { SimulatedHost } from './simulated-host.js';
import type { AddressFamilies, Segment, Topology } from './topology.js';

/** What can be connected. */
export type Connectable = SimulatedHost | Medium;

/** "192.0.2.1/24", or several of them. */
export type EndAddresses = string | readonly string[] | undefined;

export interface ConnectOptions extends LinkOptions {
  /** What the NICs can do for Linux; all by default. */
  readonly offloads?: Partial<Record<Offload, boolean>>;
  /**
   * Addresses of the ends, in their order; a family that an end does not ask for it is given. Or which families
   * both ends are given; 'manual': none.
   */
  readonly addresses?: AddressFamilies | readonly EndAddresses[];
  /** What leaving a host by it costs when routes are planned: 1 by default. */
  readonly cost?: number;
}

export class Connections {
  readonly #world: LinkWorld;
  readonly #topology: Topology;
  readonly #families: AddressFamilies;
  readonly #segmentOf = new Map<Medium, Segment>();
  readonly #links: Link[] = [];
  readonly #nodesOf = new Map<Link, readonly [Connectable, Connectable]>();

  /** `families` is what interfaces are given unless their connection says otherwise. */
  constructor(world: LinkWorld, topology: Topology, families: AddressFamilies = 'automatic') {
    this.#world = world;
    this.#topology = topology;
    this.#families = families;
  }

  /** In the order of their creation. */
  get links(): readonly Link[] {
    return this.#links;
  }

  /** What a link joins, in the order of its ends; of an access point, the air that it is a part of. */
  nodesOf(link: Link): readonly [Connectable, Connectable] {
    return this.#nodesOf.get(link)!;
  }

  connect(a: Connectable, b: Connectable, options: ConnectOptions, at: CallerLine): Link {
    if (a === b) {
      throw scenarioError('ERR_LIBOS_TOPOLOGY', `${a.name} cannot be connected to itself`, {
        hint: 'a host reaches itself by its loopback interface',
        at,
      });
    }
    const { offloads, addresses, cost = 1, ...linkOptions } = options;
    if (!(cost > 0 && cost < Infinity)) {
      throw scenarioError('ERR_LIBOS_TOPOLOGY', `a connection cannot cost ${cost}`, { at });
    }
    // Before anything is made that would be left behind.
    checkLinkOptions(linkOptions, `${a.name}–${b.name}`);
    const { mtu } = options;
    const device = { ...(mtu === undefined ? {} : { mtu }), ...(offloads ? { offloads } : {}) };
    const ends = [a, b].map((node) =>
      node instanceof SimulatedHost ? node.addNic(device) : node.createPort(),
    );
    const link = new Link(this.#world, ends[0]!, ends[1]!, linkOptions);
    this.#links.push(link);
    this.#nodesOf.set(link, [wholeOf(a), wholeOf(b)]);
    const segment = this.#segmentOfBoth(a, b);
    for (const [index, node] of [a, b].entries()) {
      if (!(node instanceof SimulatedHost)) {
        node.plugged?.(link, ends[index] as Port);
        continue;
      }
      const wanted = typeof addresses === 'string' ? undefined : addresses?.[index];
      const attachment = {
        station: node,
        label: ends[index]!.label,
        number: node.nics.length - 1,
        cost,
        wanted: wanted === undefined ? [] : typeof wanted === 'string' ? [wanted] : wanted,
        families: typeof addresses === 'string' ? addresses : this.#families,
        at,
        addresses: [],
      };
      node.attach(attachment, node.nics.at(-1)!);
      this.#topology.attach(segment, attachment);
    }
    return link;
  }

  /** The segment of a medium. */
  segmentOf(part: Medium): Segment {
    const medium = part.within ?? part;
    let segment = this.#segmentOf.get(medium);
    if (!segment) {
      segment = this.#topology.createSegment();
      this.#segmentOf.set(medium, segment);
    }
    return segment;
  }

  #segmentOfBoth(a: Connectable, b: Connectable): Segment {
    const [first, second] = [a, b].flatMap((node) =>
      node instanceof SimulatedHost ? [] : [this.segmentOf(node)],
    );
    if (first && second) this.#topology.join(first, second);
    return first ?? this.#topology.createSegment();
  }
}

/** What it is a part of: the air of an access point. */
export function wholeOf(node: Connectable): Connectable {
  return node instanceof SimulatedHost ? node : (node.within ?? node);
}
