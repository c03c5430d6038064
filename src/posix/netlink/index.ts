// SPDX-License-Identifier: GPL-2.0-only
/** Netlink: codecs and constants for protocols of one’s own, and the typed rtnetlink client. */
export type { AddressSettings, InterfaceAddress } from './address.js';
export * from './attributes.js';
export { RouteBatch } from './batch.js';
export { ByteWriter } from './byte-writer.js';
export {
  NetlinkClient,
  type NetlinkReply,
  type NetlinkRequest,
  type NetlinkTransport,
} from './client.js';
export * as constants from './constants/index.js';
export { decodeEvents, eventGroups, type EventTopic, type RouteEvent } from './events.js';
export { GenericFamily } from './generic.js';
export type { LinkKindData, PortKindData } from './link-kinds.js';
export type {
  ChangedLink,
  Interface,
  Link,
  LinkSettings,
  LinkStatistics,
  NewLink,
} from './link.js';
export {
  encodeMessage,
  NetlinkError,
  parseAcknowledgement,
  parseMessages,
  type Acknowledgement,
  type ExtendedAck,
  type NetlinkMessage,
} from './message.js';
export {
  MptcpPathManager,
  type MptcpEndpoint,
  type MptcpEndpointSettings,
  type MptcpLimits,
} from './mptcp.js';
export type { NamespaceSettings } from './namespace.js';
export type { Neighbour, NeighbourSettings } from './neighbour.js';
export type { Nexthop, NexthopGroupMember, NexthopSettings } from './nexthop.js';
export type { ClassOptions, NetemOptions, QdiscOptions } from './qdisc-kinds.js';
export type {
  ClassSettings,
  FilterSettings,
  Handle,
  QdiscSettings,
  Queue,
  QueuePlace,
} from './qdisc.js';
export type { Route, RouteHop, RouteMetrics, RouteQuery, RouteSettings } from './route.js';
export {
  Rtnetlink,
  type Addresses,
  type Links,
  type Namespaces,
  type Neighbours,
  type Nexthops,
  type Routes,
  type Rules,
} from './rtnetlink.js';
export type { Rule, RuleSettings } from './rule.js';
export {
  SocketDiag,
  tcpStates,
  type TcpSocketEntry,
  type TcpSocketQuery,
  type TcpState,
} from './socket-diag.js';
export { TrafficControl } from './traffic-control.js';
export { netlinkTransport } from './transport.js';
