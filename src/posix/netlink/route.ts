// SPDX-License-Identifier: GPL-2.0-only
/** Routes in rtnetlink’s form: with several next hops, with nexthop objects, with metrics and encapsulation. */
import { parseIp, parsePrefix, formatIp } from '../ip-address.js';
import { AF_INET, AF_INET6 } from '../constants/socket.js';
import { lp64 } from '../struct/data-model.js';
import { rtmsg, rtnexthop } from '../struct/netlink.js';
import {
  binary,
  ip,
  nested,
  policy,
  u16,
  u32,
  u8,
  type AttributeKind,
  type PolicyValue,
} from './attributes.js';
import * as C from './constants/route.js';

const metricsPolicy = policy({
  lock: [C.RTAX_LOCK, u32],
  mtu: [C.RTAX_MTU, u32],
  window: [C.RTAX_WINDOW, u32],
  rttMs: [C.RTAX_RTT, u32],
  rttVarianceMs: [C.RTAX_RTTVAR, u32],
  slowStartThreshold: [C.RTAX_SSTHRESH, u32],
  congestionWindow: [C.RTAX_CWND, u32],
  advertisedMss: [C.RTAX_ADVMSS, u32],
  hopLimit: [C.RTAX_HOPLIMIT, u32],
  initialCongestionWindow: [C.RTAX_INITCWND, u32],
  initialReceiveWindow: [C.RTAX_INITRWND, u32],
  features: [C.RTAX_FEATURES, u32],
  rtoMinMs: [C.RTAX_RTO_MIN, u32],
  quickAck: [C.RTAX_QUICKACK, u32],
  fastOpenNoCookie: [C.RTAX_FASTOPEN_NO_COOKIE, u32],
});
/** Metrics of a route: `ip route … mtu`, RTAX_*. */
export type RouteMetrics = PolicyValue<typeof metricsPolicy>;

/** A gateway of the other family: two bytes of family, then the address. */
const via: AttributeKind<string> = {
  write(writer, value) {
    const bytes = parseIp(value);
    writer.u16(bytes.length === 4 ? AF_INET : AF_INET6);
    writer.bytes(bytes);
  },
  read: (payload) => formatIp(payload.subarray(2)),
};

const hopPolicy = policy({
  gateway: [C.RTA_GATEWAY, ip],
  via: [C.RTA_VIA, via],
  flow: [C.RTA_FLOW, u32],
  encapsulationType: [C.RTA_ENCAP_TYPE, u16],
  encapsulation: [C.RTA_ENCAP, { ...binary, nested: true }],
});

/** One of several next hops. */
export interface RouteHop extends PolicyValue<typeof hopPolicy> {
  readonly index?: number;
  /** 1 to 256; more gets more traffic. */
  readonly weight?: number;
  readonly flags?: number;
}

const multipath: AttributeKind<readonly RouteHop[]> = {
  write(writer, hops) {
    for (const hop of hops) {
      const start = writer.length;
      const { index = 0, weight = 1, flags = 0 } = hop;
      if (!Number.isInteger(weight) || weight < 1 || weight > 256) {
        throw new RangeError(`a next hop’s weight is from 1 to 256, not ${String(weight)}`);
      }
      const header = { rtnh_len: 0, rtnh_flags: flags, rtnh_hops: weight - 1, rtnh_ifindex: index };
      writer.bytes(rtnexthop.encode(header, lp64));
      hopPolicy.write(writer, hop);
      writer.setU16(start, writer.length - start);
    }
  },
  read(payload) {
    const hops: RouteHop[] = [];
    for (let at = 0; at + 8 <= payload.byteLength;) {
      const header = rtnexthop.decode(payload.subarray(at), lp64);
      if (header.rtnh_len < 8) break;
      const attributes = hopPolicy.decode(payload.subarray(at + 8, at + header.rtnh_len));
      const { rtnh_ifindex: index, rtnh_hops, rtnh_flags: flags } = header;
      hops.push({ ...attributes, index, weight: rtnh_hops + 1, flags });
      at += (header.rtnh_len + 3) & ~3;
    }
    return hops;
  },
};

const routePolicy = policy({
  destination: [C.RTA_DST, ip],
  source: [C.RTA_SRC, ip],
  table: [C.RTA_TABLE, u32],
  index: [C.RTA_OIF, u32],
  inputIndex: [C.RTA_IIF, u32],
  gateway: [C.RTA_GATEWAY, ip],
  via: [C.RTA_VIA, via],
  priority: [C.RTA_PRIORITY, u32],
  preferredSource: [C.RTA_PREFSRC, ip],
  metrics: [C.RTA_METRICS, nested(metricsPolicy)],
  hops: [C.RTA_MULTIPATH, { ...multipath, nested: true }],
  flow: [C.RTA_FLOW, u32],
  nexthopId: [C.RTA_NH_ID, u32],
  preference: [C.RTA_PREF, u8],
  encapsulationType: [C.RTA_ENCAP_TYPE, u16],
  encapsulation: [C.RTA_ENCAP, { ...binary, nested: true }],
  expiresSeconds: [C.RTA_EXPIRES, u32],
  mark: [C.RTA_MARK, u32],
  userId: [C.RTA_UID, u32],
  ipProtocol: [C.RTA_IP_PROTO, u8],
});
type Attributes = PolicyValue<typeof routePolicy>;

/** A route as the kernel tells of it. `destination` and `source` carry their prefix length; none is the default route. */
export interface Route extends Attributes {
  readonly family: number;
  readonly destination: string;
  readonly table: number;
  /** `RTPROT_*`, `RT_SCOPE_*`, `RTN_*`. */
  readonly protocol: number;
  readonly scope: number;
  readonly type: number;
  readonly typeOfService: number;
  readonly flags: number;
}

/** A route to add or remove. */
export interface RouteSettings extends Omit<
  Attributes,
  'destination' | 'source' | 'inputIndex' | 'mark' | 'userId' | 'ipProtocol'
> {
  /** `default` (with `family` for IPv6), or a prefix. */
  readonly destination: string;
  readonly family?: number;
  readonly source?: string;
  readonly protocol?: number;
  readonly scope?: number;
  readonly type?: number;
  readonly typeOfService?: number;
  readonly flags?: number;
}

/** A question for the route of a packet. */
export interface RouteQuery {
  readonly destination: string;
  readonly source?: string;
  readonly inputIndex?: number;
  readonly index?: number;
  readonly mark?: number;
  readonly userId?: number;
  readonly ipProtocol?: number;
}

export function decodeRoute(payload: Uint8Array): Route {
  const header = rtmsg.decode(payload, lp64);
  const attributes = routePolicy.decode(payload.subarray(rtmsg.sizeof(lp64)));
  const { destination, source } = attributes;
  const anywhere = header.rtm_family === AF_INET6 ? '::' : '0.0.0.0';
  return {
    ...attributes,
    family: header.rtm_family,
    destination: `${destination ?? anywhere}/${header.rtm_dst_len}`,
    ...(source !== undefined && { source: `${source}/${header.rtm_src_len}` }),
    table: attributes.table ?? header.rtm_table,
    protocol: header.rtm_protocol,
    scope: header.rtm_scope,
    type: header.rtm_type,
    typeOfService: header.rtm_tos,
    flags: header.rtm_flags,
  };
}

/** `removing` leaves open what was not said, so that any route that matches goes. */
export function encodeRoute(settings: RouteSettings, removing = false): readonly Uint8Array[] {
  const target = targetOf(settings);
  const source = settings.source === undefined ? undefined : parsePrefix(settings.source);
  const type = settings.type ?? (removing ? 0 : C.RTN_UNICAST);
  const table = settings.table ?? C.RT_TABLE_MAIN;
  return [
    rtmsg.encode(
      {
        rtm_family: target.family,
        rtm_dst_len: target.prefixLength,
        rtm_src_len: source?.prefixLength ?? 0,
        rtm_tos: settings.typeOfService ?? 0,
        rtm_table: table < 256 ? table : C.RT_TABLE_UNSPEC,
        rtm_protocol: settings.protocol ?? (removing ? 0 : C.RTPROT_STATIC),
        rtm_scope: settings.scope ?? defaultScope(settings, type, target.family, removing),
        rtm_type: type,
        rtm_flags: settings.flags ?? 0,
      },
      lp64,
    ),
    routePolicy.encode({
      ...settings,
      destination: target.prefixLength === 0 ? undefined : target.address,
      source: source?.address,
      table,
    }),
  ];
}

function targetOf({ destination, family, gateway }: RouteSettings) {
  if (destination === 'default') {
    const six = family === AF_INET6 || (family === undefined && gateway?.includes(':') === true);
    return { family: six ? AF_INET6 : AF_INET, address: six ? '::' : '0.0.0.0', prefixLength: 0 };
  }
  const prefix = parsePrefix(destination);
  return { ...prefix, family: prefix.version === 4 ? AF_INET : AF_INET6 };
}

/** As a person means it: what has a gateway is far, what has none is on the link, what is local is here. */
function defaultScope(
  settings: RouteSettings,
  type: number,
  family: number,
  removing: boolean,
): number {
  if (removing) return C.RT_SCOPE_NOWHERE;
  if (family !== AF_INET) return C.RT_SCOPE_UNIVERSE;
  if (type === C.RTN_LOCAL || type === C.RTN_NAT) return C.RT_SCOPE_HOST;
  const far =
    settings.gateway !== undefined ||
    settings.via !== undefined ||
    settings.nexthopId !== undefined ||
    settings.hops !== undefined;
  const linkTypes: readonly number[] = [
    C.RTN_UNICAST,
    C.RTN_BROADCAST,
    C.RTN_MULTICAST,
    C.RTN_ANYCAST,
  ];
  return !far && linkTypes.includes(type) ? C.RT_SCOPE_LINK : C.RT_SCOPE_UNIVERSE;
}

export function encodeRouteQuery(query: RouteQuery): readonly Uint8Array[] {
  const target = parsePrefix(query.destination);
  const source = query.source === undefined ? undefined : parsePrefix(query.source);
  return [
    header(
      target.version === 4 ? AF_INET : AF_INET6,
      target.prefixLength,
      source?.prefixLength ?? 0,
    ),
    routePolicy.encode({ ...query, destination: target.address, source: source?.address }),
  ];
}

/** For a dump; the kernel filters by table and interface when asked strictly. */
export function encodeRouteDump(
  family: number,
  table?: number,
  index?: number,
): readonly Uint8Array[] {
  return [header(family, 0, 0), routePolicy.encode({ table, index })];
}

function header(family: number, destinationLength: number, sourceLength: number): Uint8Array {
  return rtmsg.encode(
    {
      rtm_family: family,
      rtm_dst_len: destinationLength,
      rtm_src_len: sourceLength,
      rtm_tos: 0,
      rtm_table: 0,
      rtm_protocol: 0,
      rtm_scope: 0,
      rtm_type: 0,
      rtm_flags: 0,
    },
    lp64,
  );
}
