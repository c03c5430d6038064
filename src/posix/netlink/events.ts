// SPDX-License-Identifier: GPL-2.0-only
/** What rtnetlink tells its subscribers: groups to join by name, and notifications decoded. Reads no socket. */
import { decodeAddress, type InterfaceAddress } from './address.js';
import * as C from './constants/route.js';
import { decodeLink, type Link } from './link.js';
import { parseMessages, type NetlinkMessage } from './message.js';
import { decodeNamespace, type NamespaceSettings } from './namespace.js';
import { decodeNeighbour, type Neighbour } from './neighbour.js';
import { decodeNexthop, type Nexthop } from './nexthop.js';
import { decodeQueue, type Queue } from './qdisc.js';
import { decodeRoute, type Route } from './route.js';
import { decodeRule, type Rule } from './rule.js';

/** What can be subscribed to, and the multicast groups of each. */
export const eventGroups = {
  link: [C.RTNLGRP_LINK],
  address: [C.RTNLGRP_IPV4_IFADDR, C.RTNLGRP_IPV6_IFADDR],
  route: [C.RTNLGRP_IPV4_ROUTE, C.RTNLGRP_IPV6_ROUTE, C.RTNLGRP_MPLS_ROUTE],
  rule: [C.RTNLGRP_IPV4_RULE, C.RTNLGRP_IPV6_RULE],
  neighbour: [C.RTNLGRP_NEIGH],
  nexthop: [C.RTNLGRP_NEXTHOP],
  trafficControl: [C.RTNLGRP_TC],
  namespace: [C.RTNLGRP_NSID],
} as const;
/** What a monitor is told of: `ip monitor`. */
export type EventTopic = keyof typeof eventGroups;

interface Of<T extends string, V> {
  readonly topic: T;
  readonly action: 'new' | 'removed';
  readonly value: V;
}
/** A change that the kernel tells of, by topic. */
export type RouteEvent =
  | Of<'link', Link>
  | Of<'address', InterfaceAddress>
  | Of<'route', Route>
  | Of<'rule', Rule>
  | Of<'neighbour', Neighbour>
  | Of<'nexthop', Nexthop>
  | Of<'qdisc' | 'class' | 'filter', Queue>
  | Of<'namespace', NamespaceSettings>;

/** The events in a datagram; messages of other types are left out. */
export function decodeEvents(datagram: Uint8Array): readonly RouteEvent[] {
  return parseMessages(datagram)
    .map(decodeEvent)
    .filter((event) => event !== undefined);
}

function decodeEvent({ type, payload }: NetlinkMessage): RouteEvent | undefined {
  // The removals’ numbers are the additions’ plus one.
  const action = (type & 3) === 1 ? 'removed' : 'new';
  switch (type) {
    case C.RTM_NEWLINK:
    case C.RTM_DELLINK:
      return { topic: 'link', action, value: decodeLink(payload) };
    case C.RTM_NEWADDR:
    case C.RTM_DELADDR:
      return { topic: 'address', action, value: decodeAddress(payload) };
    case C.RTM_NEWROUTE:
    case C.RTM_DELROUTE:
      return { topic: 'route', action, value: decodeRoute(payload) };
    case C.RTM_NEWRULE:
    case C.RTM_DELRULE:
      return { topic: 'rule', action, value: decodeRule(payload) };
    case C.RTM_NEWNEIGH:
    case C.RTM_DELNEIGH:
      return { topic: 'neighbour', action, value: decodeNeighbour(payload) };
    case C.RTM_NEWNEXTHOP:
    case C.RTM_DELNEXTHOP:
      return { topic: 'nexthop', action, value: decodeNexthop(payload) };
    case C.RTM_NEWQDISC:
    case C.RTM_DELQDISC:
      return { topic: 'qdisc', action, value: decodeQueue(payload, 'qdisc') };
    case C.RTM_NEWTCLASS:
    case C.RTM_DELTCLASS:
      return { topic: 'class', action, value: decodeQueue(payload, 'class') };
    case C.RTM_NEWTFILTER:
    case C.RTM_DELTFILTER:
      return { topic: 'filter', action, value: decodeQueue(payload, 'filter') };
    case C.RTM_NEWNSID:
    case C.RTM_DELNSID:
      return { topic: 'namespace', action, value: decodeNamespace(payload) };
    default:
      return undefined;
  }
}
