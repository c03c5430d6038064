// SPDX-License-Identifier: GPL-2.0-only
/** Links (network interfaces) in rtnetlink’s form: what the kernel tells of one, and what a request asks for. */
import { lp64 } from '../struct/data-model.js';
import type { ValueOf } from '../struct/layout.js';
import { ifinfomsg, rtnl_link_stats64 } from '../struct/netlink.js';
import { IFF_UP } from '../constants/interface.js';
import { AF_UNSPEC } from '../constants/socket.js';
import {
  binary,
  bool8,
  list,
  mac,
  nested,
  policy,
  s32,
  structure,
  text,
  u32,
  u8,
  type AttributesOf,
  type Policy,
  type PolicyEntries,
} from './attributes.js';
import * as C from './constants/link.js';
import { kindPolicies, portPolicies, type LinkKindData, type PortKindData } from './link-kinds.js';

const infoPolicy = policy({
  kind: [C.IFLA_INFO_KIND, text],
  data: [C.IFLA_INFO_DATA, { ...binary, nested: true }],
  portKind: [C.IFLA_INFO_SLAVE_KIND, text],
  portData: [C.IFLA_INFO_SLAVE_DATA, { ...binary, nested: true }],
});
const linkPolicy = policy({
  name: [C.IFLA_IFNAME, text],
  address: [C.IFLA_ADDRESS, mac],
  broadcast: [C.IFLA_BROADCAST, mac],
  permanentAddress: [C.IFLA_PERM_ADDRESS, mac],
  mtu: [C.IFLA_MTU, u32],
  mtuMin: [C.IFLA_MIN_MTU, u32],
  mtuMax: [C.IFLA_MAX_MTU, u32],
  link: [C.IFLA_LINK, u32],
  linkNamespaceId: [C.IFLA_LINK_NETNSID, s32],
  newNamespaceId: [C.IFLA_NEW_NETNSID, s32],
  master: [C.IFLA_MASTER, u32],
  queueLengthFrames: [C.IFLA_TXQLEN, u32],
  operationalState: [C.IFLA_OPERSTATE, u8],
  carrier: [C.IFLA_CARRIER, bool8],
  carrierChanges: [C.IFLA_CARRIER_CHANGES, u32],
  group: [C.IFLA_GROUP, u32],
  promiscuity: [C.IFLA_PROMISCUITY, u32],
  alias: [C.IFLA_IFALIAS, text],
  qdisc: [C.IFLA_QDISC, text],
  txQueueCount: [C.IFLA_NUM_TX_QUEUES, u32],
  rxQueueCount: [C.IFLA_NUM_RX_QUEUES, u32],
  gsoBytesMax: [C.IFLA_GSO_MAX_SIZE, u32],
  gsoSegmentsMax: [C.IFLA_GSO_MAX_SEGS, u32],
  groBytesMax: [C.IFLA_GRO_MAX_SIZE, u32],
  protocolDown: [C.IFLA_PROTO_DOWN, bool8],
  statistics: [C.IFLA_STATS64, structure(rtnl_link_stats64)],
  alternativeNames: [C.IFLA_PROP_LIST, list(C.IFLA_ALT_IFNAME, text)],
  namespaceFd: [C.IFLA_NET_NS_FD, u32],
  namespacePid: [C.IFLA_NET_NS_PID, u32],
  namespaceId: [C.IFLA_TARGET_NETNSID, s32],
  index: [C.IFLA_NEW_IFINDEX, u32],
  extendedMask: [C.IFLA_EXT_MASK, u32],
  info: [C.IFLA_LINKINFO, nested(infoPolicy)],
});

/** Counters of a link: struct rtnl_link_stats64. */
export type LinkStatistics = ValueOf<typeof rtnl_link_stats64>;
type Attributes = AttributesOf<typeof linkPolicy.entries>;

/** An interface, by index or by name. */
export type Interface = number | string;

/** A link as the kernel tells of it. */
export interface Link extends Omit<
  Attributes,
  'info' | 'name' | 'index' | 'namespaceFd' | 'namespacePid' | 'extendedMask'
> {
  readonly index: number;
  readonly name: string;
  /** `ARPHRD_*`. */
  readonly type: number;
  /** `IFF_*`. */
  readonly flags: number;
  /** Administratively up. */
  readonly up: boolean;
  /** `veth`, `bridge` …; absent for devices that a driver made. */
  readonly kind?: string;
  /** What its kind has beyond, for the kinds of `LinkKindData`. */
  readonly data?: Partial<Record<string, unknown>>;
  readonly portKind?: string;
  readonly portData?: Partial<Record<string, unknown>>;
}

/** What can be set on a link, made or changed. */
export interface LinkSettings {
  readonly name?: string;
  readonly address?: string;
  readonly broadcast?: string;
  readonly mtu?: number;
  readonly up?: boolean;
  /** Flags to set or clear besides IFF_UP: `{ flags: IFF_PROMISC, flagsMask: IFF_PROMISC }`. */
  readonly flags?: number;
  readonly flagsMask?: number;
  /** The index of the link to be a port of; 0 to leave it. */
  readonly master?: number;
  /** The index of the link beneath (VLAN, MACVLAN, tunnels). */
  readonly link?: number;
  readonly queueLengthFrames?: number;
  readonly alias?: string;
  readonly group?: number;
  readonly carrier?: boolean;
  readonly txQueueCount?: number;
  readonly rxQueueCount?: number;
  readonly gsoBytesMax?: number;
  readonly gsoSegmentsMax?: number;
  readonly groBytesMax?: number;
  readonly protocolDown?: boolean;
  /** Moves it: a descriptor of a network namespace, a process in it, or its id here. */
  readonly namespaceFd?: number;
  readonly namespacePid?: number;
  readonly namespaceId?: number;
  /** The index to give a new link. */
  readonly index?: number;
}

type KindOf<T> = { readonly [K in keyof T]: { readonly kind: K; readonly data?: T[K] } }[keyof T];
/** A new link: its settings, its kind and what that kind takes. */
export type NewLink = LinkSettings & { readonly name: string } & (
    | KindOf<LinkKindData>
    | { readonly kind: 'veth'; readonly peer: LinkSettings }
    | { readonly kind: 'dummy' | 'ifb' | 'team' | 'wireguard' | 'nlmon' | 'vcan' | 'lowpan' }
  );
/** A changed link: data of its kind too, and of its place as a port. */
export type ChangedLink = LinkSettings &
  (KindOf<LinkKindData> | { readonly kind?: undefined; readonly data?: undefined }) & {
    readonly port?: KindOf<PortKindData>;
  };

const anyPolicy = (policies: object, kind: string): Policy<PolicyEntries> | undefined =>
  Object.hasOwn(policies, kind)
    ? (policies as Record<string, Policy<PolicyEntries>>)[kind]
    : undefined;

/** From the payload of RTM_NEWLINK or RTM_DELLINK. */
export function decodeLink(payload: Uint8Array): Link {
  const header = ifinfomsg.decode(payload, lp64);
  const { info, name, ...attributes } = linkPolicy.decode(payload.subarray(ifinfomsg.sizeof(lp64)));
  const data = decodeKind(kindPolicies, info?.kind, info?.data);
  const portData = decodeKind(portPolicies, info?.portKind, info?.portData);
  return {
    ...attributes,
    index: header.ifi_index,
    name: name ?? '',
    type: header.ifi_type,
    flags: header.ifi_flags,
    up: (header.ifi_flags & IFF_UP) !== 0,
    ...(info?.kind !== undefined && { kind: info.kind }),
    ...(data !== undefined && { data }),
    ...(info?.portKind !== undefined && { portKind: info.portKind }),
    ...(portData !== undefined && { portData }),
  };
}

function decodeKind(policies: object, kind: string | undefined, bytes: Uint8Array | undefined) {
  if (kind === undefined || bytes === undefined) return undefined;
  return anyPolicy(policies, kind)?.decode(bytes);
}

/** The header and attributes of a request about one link, by index or by the settings’ name. */
export function encodeLink(index: number, settings: NewLink | ChangedLink): readonly Uint8Array[] {
  return [encodeHeader(index, settings), linkPolicy.encode(attributesOf(settings))];
}

function encodeHeader(index: number, { up, flags = 0, flagsMask = 0 }: LinkSettings): Uint8Array {
  const mask = flagsMask | (up === undefined ? 0 : IFF_UP);
  return ifinfomsg.encode(
    {
      ifi_family: AF_UNSPEC,
      __ifi_pad: 0,
      ifi_type: 0,
      ifi_index: index,
      ifi_flags: ((flags & flagsMask) | (up === true ? IFF_UP : 0)) >>> 0,
      ifi_change: mask >>> 0,
    },
    lp64,
  );
}

function attributesOf(settings: NewLink | ChangedLink): Attributes {
  // The number of a new link stands in the header.
  return { ...settings, index: undefined, ...infoOf(settings) };
}

function infoOf(settings: NewLink | ChangedLink): Pick<Attributes, 'info'> {
  const port = 'port' in settings ? settings.port : undefined;
  if (settings.kind === undefined && port === undefined) return {};
  return {
    info: {
      kind: settings.kind,
      data: kindData(settings),
      portKind: port?.kind,
      portData:
        port === undefined
          ? undefined
          : anyPolicy(portPolicies, port.kind)?.encode(port.data ?? {}),
    },
  };
}

function kindData(settings: NewLink | ChangedLink): Uint8Array | undefined {
  if (settings.kind === 'veth') {
    const { peer } = settings;
    const [header, attributes] = encodeLink(peer.index ?? 0, peer);
    return peerPolicy.encode({ peer: concatenate(header!, attributes!) });
  }
  if (settings.kind === undefined || !('data' in settings)) return undefined;
  return anyPolicy(kindPolicies, settings.kind)?.encode(settings.data);
}

const peerPolicy = policy({ peer: [C.VETH_INFO_PEER, binary] });

function concatenate(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.byteLength;
  }
  return whole;
}

/** A request for one link by name (index 0) or index, or for all (neither). */
export function encodeLinkQuery(index: number, name?: string): readonly Uint8Array[] {
  return [encodeHeader(index, {}), linkPolicy.encode(name === undefined ? {} : { name })];
}
