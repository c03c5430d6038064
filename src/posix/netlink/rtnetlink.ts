// SPDX-License-Identifier: GPL-2.0-only
/**
 * The typed rtnetlink client: what ip(8) and tc(8) do, as calls. Everything is synchronous, since Linux answers
 * before send returns; an error carries the kernel’s own words. Interfaces are named by index or by name.
 */
import { AF_BRIDGE, AF_UNSPEC } from '../constants/socket.js';
import { errno, SystemError } from '../errno.js';
import {
  decodeAddress,
  encodeAddress,
  encodeAddressQuery,
  type AddressSettings,
  type InterfaceAddress,
} from './address.js';
import { RouteBatch } from './batch.js';
import type { NetlinkClient } from './client.js';
import { NLM_F_APPEND, NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE } from './constants/message.js';
import * as C from './constants/route.js';
import {
  decodeLink,
  encodeLink,
  encodeLinkQuery,
  type ChangedLink,
  type Interface,
  type Link,
  type NewLink,
} from './link.js';
import { decodeNamespace, encodeNamespace, type NamespaceSettings } from './namespace.js';
import {
  decodeNeighbour,
  encodeNeighbour,
  encodeNeighbourDump,
  type Neighbour,
  type NeighbourSettings,
} from './neighbour.js';
import {
  decodeNexthop,
  encodeNexthop,
  encodeNexthopQuery,
  type Nexthop,
  type NexthopSettings,
} from './nexthop.js';
import {
  decodeRoute,
  encodeRoute,
  encodeRouteDump,
  encodeRouteQuery,
  type Route,
  type RouteQuery,
  type RouteSettings,
} from './route.js';
import { decodeRule, encodeRule, encodeRuleDump, type Rule, type RuleSettings } from './rule.js';
import { TrafficControl } from './traffic-control.js';

const create = NLM_F_CREATE | NLM_F_EXCL;
const replace = NLM_F_CREATE | NLM_F_REPLACE;

/** The typed rtnetlink client: what ip(8) and tc(8) do, as synchronous calls. */
export class Rtnetlink {
  readonly #client: NetlinkClient;
  readonly links: Links;
  readonly addresses: Addresses;
  readonly routes: Routes;
  readonly rules: Rules;
  readonly neighbours: Neighbours;
  readonly nexthops: Nexthops;
  readonly namespaces: Namespaces;
  readonly trafficControl: TrafficControl;

  constructor(client: NetlinkClient) {
    this.#client = client;
    this.links = new Links(client);
    const indexOf = (name: Interface): number => this.links.indexOf(name);
    this.addresses = new Addresses(client, indexOf);
    this.routes = new Routes(client);
    this.rules = new Rules(client);
    this.neighbours = new Neighbours(client, indexOf);
    this.nexthops = new Nexthops(client);
    this.namespaces = new Namespaces(client);
    this.trafficControl = new TrafficControl(client, indexOf);
  }

  /** Many changes at once. */
  batch(): RouteBatch {
    return new RouteBatch(this.#client);
  }

  /** For messages that have no call here. */
  get client(): NetlinkClient {
    return this.#client;
  }
}

type IndexOf = (name: Interface) => number;

/** What `ip link` does. */
export class Links {
  readonly #client: NetlinkClient;
  constructor(client: NetlinkClient) {
    this.#client = client;
  }

  /** `ip link show`. */
  list(): readonly Link[] {
    return this.#client
      .dump('RTM_GETLINK', C.RTM_GETLINK, ...encodeLinkQuery(0))
      .map(({ payload }) => decodeLink(payload));
  }

  /** One link; ENODEV when there is none. */
  get(link: Interface): Link {
    const query = typeof link === 'number' ? encodeLinkQuery(link) : encodeLinkQuery(0, link);
    return decodeLink(only(this.#client.request('RTM_GETLINK', C.RTM_GETLINK, 0, ...query)));
  }

  /** Its interface index. */
  indexOf(link: Interface): number {
    return typeof link === 'number' ? link : this.get(link).index;
  }

  /** Makes a link; the warning that the kernel may have given with its consent is returned. */
  add(link: NewLink): string | undefined {
    return this.#client.request(
      'RTM_NEWLINK',
      C.RTM_NEWLINK,
      create,
      ...encodeLink(link.index ?? 0, link),
    ).warning;
  }

  /** Changes what `settings` says and nothing else; a new `name` renames it. */
  change(link: Interface, settings: ChangedLink): string | undefined {
    const request = encodeLink(this.indexOf(link), settings);
    return this.#client.request('RTM_NEWLINK', C.RTM_NEWLINK, 0, ...request).warning;
  }

  /** `ip link delete`. */
  remove(link: Interface): void {
    this.#client.request('RTM_DELLINK', C.RTM_DELLINK, 0, ...encodeLinkQuery(this.indexOf(link)));
  }
}

/** What `ip address` does. */
export class Addresses {
  readonly #client: NetlinkClient;
  readonly #indexOf: IndexOf;
  constructor(client: NetlinkClient, indexOf: IndexOf) {
    this.#client = client;
    this.#indexOf = indexOf;
  }

  /** `ip address show`. */
  list(
    filter: { readonly family?: number; readonly link?: Interface } = {},
  ): readonly InterfaceAddress[] {
    const index = filter.link === undefined ? 0 : this.#indexOf(filter.link);
    const family = filter.family ?? AF_UNSPEC;
    return this.#client
      .dump('RTM_GETADDR', C.RTM_GETADDR, ...encodeAddressQuery(family, index))
      .map(({ payload }) => decodeAddress(payload))
      .filter((address) => index === 0 || address.index === index);
  }

  /** `addresses.add('eth0', '192.0.2.1/24')`. */
  add(link: Interface, address: string | AddressSettings): void {
    this.#change('RTM_NEWADDR', C.RTM_NEWADDR, create, link, address);
  }

  /** Adds it, or changes its flags and lifetimes. */
  replace(link: Interface, address: string | AddressSettings): void {
    this.#change('RTM_NEWADDR', C.RTM_NEWADDR, replace, link, address);
  }

  /** `ip address del`. */
  remove(link: Interface, address: string | AddressSettings): void {
    this.#change('RTM_DELADDR', C.RTM_DELADDR, 0, link, address);
  }

  #change(
    what: string,
    type: number,
    flags: number,
    link: Interface,
    address: string | AddressSettings,
  ): void {
    const settings = typeof address === 'string' ? { address } : address;
    this.#client.request(what, type, flags, ...encodeAddress(this.#indexOf(link), settings));
  }
}

/** What `ip route` does. */
export class Routes {
  readonly #client: NetlinkClient;
  constructor(client: NetlinkClient) {
    this.#client = client;
  }

  /** `ip route show`. */
  list(filter: { readonly family?: number; readonly table?: number } = {}): readonly Route[] {
    const { family = AF_UNSPEC, table } = filter;
    return this.#client
      .dump('RTM_GETROUTE', C.RTM_GETROUTE, ...encodeRouteDump(family))
      .map(({ payload }) => decodeRoute(payload))
      .filter((route) => table === undefined || route.table === table);
  }

  /** The route that a packet would take. */
  lookup(query: string | RouteQuery): Route {
    const question = typeof query === 'string' ? { destination: query } : query;
    return decodeRoute(
      only(this.#client.request('RTM_GETROUTE', C.RTM_GETROUTE, 0, ...encodeRouteQuery(question))),
    );
  }

  /** `ip route add`. */
  add(route: RouteSettings): void {
    this.#client.request('RTM_NEWROUTE', C.RTM_NEWROUTE, create, ...encodeRoute(route));
  }

  /** `ip route replace`. */
  replace(route: RouteSettings): void {
    this.#client.request('RTM_NEWROUTE', C.RTM_NEWROUTE, replace, ...encodeRoute(route));
  }

  /** `ip route append`. */
  append(route: RouteSettings): void {
    const flags = NLM_F_CREATE | NLM_F_APPEND;
    this.#client.request('RTM_NEWROUTE', C.RTM_NEWROUTE, flags, ...encodeRoute(route));
  }

  /** `ip route del`. */
  remove(route: RouteSettings): void {
    this.#client.request('RTM_DELROUTE', C.RTM_DELROUTE, 0, ...encodeRoute(route, true));
  }
}

/** What `ip rule` does. */
export class Rules {
  readonly #client: NetlinkClient;
  constructor(client: NetlinkClient) {
    this.#client = client;
  }

  /** `ip rule show`. */
  list(family: number): readonly Rule[] {
    return this.#client
      .dump('RTM_GETRULE', C.RTM_GETRULE, ...encodeRuleDump(family))
      .map(({ payload }) => decodeRule(payload));
  }

  /** `ip rule add`. */
  add(rule: RuleSettings): void {
    this.#client.request('RTM_NEWRULE', C.RTM_NEWRULE, create, ...encodeRule(rule));
  }

  /** `ip rule del`. */
  remove(rule: RuleSettings): void {
    this.#client.request('RTM_DELRULE', C.RTM_DELRULE, 0, ...encodeRule(rule, true));
  }
}

/** What `ip neighbour` does. */
export class Neighbours {
  readonly #client: NetlinkClient;
  readonly #indexOf: IndexOf;
  constructor(client: NetlinkClient, indexOf: IndexOf) {
    this.#client = client;
    this.#indexOf = indexOf;
  }

  /** `ip neighbour show`. */
  list(filter: { readonly family?: number; readonly link?: Interface } = {}): readonly Neighbour[] {
    const index = filter.link === undefined ? undefined : this.#indexOf(filter.link);
    return this.#client
      .dump('RTM_GETNEIGH', C.RTM_GETNEIGH, ...encodeNeighbourDump(filter.family ?? AF_UNSPEC))
      .map(({ payload }) => decodeNeighbour(payload))
      .filter((neighbour) => index === undefined || neighbour.index === index);
  }

  /** The forwarding entries of a bridge, of a VXLAN or of all. */
  forwardingEntries(): readonly Neighbour[] {
    return this.#client
      .dump('RTM_GETNEIGH', C.RTM_GETNEIGH, ...encodeNeighbourDump(AF_BRIDGE))
      .map(({ payload }) => decodeNeighbour(payload));
  }

  /** `ip neighbour add`. */
  add(link: Interface, neighbour: NeighbourSettings): void {
    this.#change('RTM_NEWNEIGH', C.RTM_NEWNEIGH, create, link, neighbour);
  }

  /** `ip neighbour replace`. */
  replace(link: Interface, neighbour: NeighbourSettings): void {
    this.#change('RTM_NEWNEIGH', C.RTM_NEWNEIGH, replace, link, neighbour);
  }

  /** `ip neighbour del`. */
  remove(link: Interface, neighbour: NeighbourSettings): void {
    this.#change('RTM_DELNEIGH', C.RTM_DELNEIGH, 0, link, neighbour);
  }

  #change(
    what: string,
    type: number,
    flags: number,
    link: Interface,
    neighbour: NeighbourSettings,
  ): void {
    this.#client.request(what, type, flags, ...encodeNeighbour(this.#indexOf(link), neighbour));
  }
}

/** What `ip nexthop` does. */
export class Nexthops {
  readonly #client: NetlinkClient;
  constructor(client: NetlinkClient) {
    this.#client = client;
  }

  /** `ip nexthop show`. */
  list(): readonly Nexthop[] {
    return this.#client
      .dump('RTM_GETNEXTHOP', C.RTM_GETNEXTHOP, ...encodeNexthopQuery(0))
      .map(({ payload }) => decodeNexthop(payload));
  }

  /** `ip nexthop get id`. */
  get(id: number): Nexthop {
    return decodeNexthop(
      only(this.#client.request('RTM_GETNEXTHOP', C.RTM_GETNEXTHOP, 0, ...encodeNexthopQuery(id))),
    );
  }

  /** `ip nexthop add`. */
  add(nexthop: NexthopSettings): void {
    this.#client.request('RTM_NEWNEXTHOP', C.RTM_NEWNEXTHOP, create, ...encodeNexthop(nexthop));
  }

  /** `ip nexthop replace`. */
  replace(nexthop: NexthopSettings & { readonly id: number }): void {
    this.#client.request('RTM_NEWNEXTHOP', C.RTM_NEWNEXTHOP, replace, ...encodeNexthop(nexthop));
  }

  /** `ip nexthop del`. */
  remove(id: number): void {
    this.#client.request('RTM_DELNEXTHOP', C.RTM_DELNEXTHOP, 0, ...encodeNexthopQuery(id));
  }
}

/** What `ip netns` does with the ids of namespaces. */
export class Namespaces {
  readonly #client: NetlinkClient;
  constructor(client: NetlinkClient) {
    this.#client = client;
  }

  /** `ip netns list-id`. */
  list(): readonly NamespaceSettings[] {
    return this.#client
      .dump('RTM_GETNSID', C.RTM_GETNSID, ...encodeNamespace({}))
      .map(({ payload }) => decodeNamespace(payload));
  }

  /** The id here of a namespace; NETNSA_NSID_NOT_ASSIGNED (-1) where it has none. */
  idOf(namespace: Pick<NamespaceSettings, 'fd' | 'pid'>): number {
    const reply = this.#client.request(
      'RTM_GETNSID',
      C.RTM_GETNSID,
      0,
      ...encodeNamespace(namespace),
    );
    return decodeNamespace(only(reply)).id ?? C.NETNSA_NSID_NOT_ASSIGNED;
  }

  /** Gives it an id here; -1 lets the kernel pick. */
  setId(namespace: Pick<NamespaceSettings, 'fd' | 'pid'>, id: number): void {
    this.#client.request('RTM_NEWNSID', C.RTM_NEWNSID, 0, ...encodeNamespace({ ...namespace, id }));
  }
}

function only({
  messages,
}: {
  readonly messages: readonly { readonly payload: Uint8Array }[];
}): Uint8Array {
  const [first] = messages;
  if (first === undefined)
    throw new SystemError(errno.EPROTO, 'netlink', { detail: 'the kernel sent no answer' });
  return first.payload;
}
