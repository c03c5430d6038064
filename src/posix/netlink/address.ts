// SPDX-License-Identifier: GPL-2.0-only
/** Interface addresses in rtnetlink’s form. */
import { parsePrefix } from '../ip-address.js';
import { AF_INET, AF_INET6 } from '../constants/socket.js';
import { lp64 } from '../struct/data-model.js';
import { ifa_cacheinfo, ifaddrmsg } from '../struct/netlink.js';
import { ip, policy, s32, structure, text, u32, u8 } from './attributes.js';
import * as C from './constants/route.js';

const addressPolicy = policy({
  address: [C.IFA_ADDRESS, ip],
  local: [C.IFA_LOCAL, ip],
  label: [C.IFA_LABEL, text],
  broadcast: [C.IFA_BROADCAST, ip],
  anycast: [C.IFA_ANYCAST, ip],
  multicast: [C.IFA_MULTICAST, ip],
  cacheInfo: [C.IFA_CACHEINFO, structure(ifa_cacheinfo)],
  flags: [C.IFA_FLAGS, u32],
  routePriority: [C.IFA_RT_PRIORITY, u32],
  namespaceId: [C.IFA_TARGET_NETNSID, s32],
  protocol: [C.IFA_PROTO, u8],
});

export const foreverSeconds = 0xffffffff;

/** An address of an interface as the kernel tells of it. */
export interface InterfaceAddress {
  readonly family: number;
  readonly index: number;
  /** The interface’s own address. */
  readonly address: string;
  readonly prefixLength: number;
  /** The other end of a point-to-point link. */
  readonly peer?: string;
  readonly broadcast?: string;
  readonly label?: string;
  /** `RT_SCOPE_*`. */
  readonly scope: number;
  /** `IFA_F_*`. */
  readonly flags: number;
  /** Duplicate address detection has not ended. */
  readonly tentative: boolean;
  /** `foreverSeconds` where it has no end. */
  readonly preferredSeconds: number;
  readonly validSeconds: number;
  readonly routePriority?: number;
}

/** An address to add or remove. */
export interface AddressSettings {
  /** With its prefix length: `192.0.2.1/24`. */
  readonly address: string;
  readonly peer?: string;
  readonly broadcast?: string;
  readonly label?: string;
  readonly scope?: number;
  /** `IFA_F_*`: `IFA_F_NODAD` makes an IPv6 address usable at once. */
  readonly flags?: number;
  readonly preferredSeconds?: number;
  readonly validSeconds?: number;
  readonly routePriority?: number;
}

export function decodeAddress(payload: Uint8Array): InterfaceAddress {
  const header = ifaddrmsg.decode(payload, lp64);
  const attributes = addressPolicy.decode(payload.subarray(ifaddrmsg.sizeof(lp64)));
  const { address, local, broadcast, label, cacheInfo, routePriority } = attributes;
  const flags = attributes.flags ?? header.ifa_flags;
  const own = local ?? address ?? attributes.anycast ?? attributes.multicast ?? '';
  return {
    family: header.ifa_family,
    index: header.ifa_index,
    address: own,
    prefixLength: header.ifa_prefixlen,
    ...(address !== undefined && address !== own && { peer: address }),
    ...(broadcast !== undefined && { broadcast }),
    ...(label !== undefined && { label }),
    scope: header.ifa_scope,
    flags,
    tentative: (flags & C.IFA_F_TENTATIVE) !== 0,
    preferredSeconds: cacheInfo?.ifa_prefered ?? foreverSeconds,
    validSeconds: cacheInfo?.ifa_valid ?? foreverSeconds,
    ...(routePriority !== undefined && { routePriority }),
  };
}

export function encodeAddress(index: number, settings: AddressSettings): readonly Uint8Array[] {
  const { address, version, prefixLength } = parsePrefix(settings.address);
  const { preferredSeconds, validSeconds, flags } = settings;
  const lifetimes = preferredSeconds !== undefined || validSeconds !== undefined;
  return [
    ifaddrmsg.encode(
      {
        ifa_family: version === 4 ? AF_INET : AF_INET6,
        ifa_prefixlen: prefixLength,
        ifa_flags: 0,
        ifa_scope: settings.scope ?? 0,
        ifa_index: index,
      },
      lp64,
    ),
    addressPolicy.encode({
      address: settings.peer ?? address,
      local: address,
      broadcast: settings.broadcast ?? broadcastOf(settings),
      label: settings.label,
      flags,
      cacheInfo: lifetimes
        ? {
            ifa_prefered: preferredSeconds ?? foreverSeconds,
            ifa_valid: validSeconds ?? foreverSeconds,
            cstamp: 0,
            tstamp: 0,
          }
        : undefined,
      routePriority: settings.routePriority,
    }),
  ];
}

/** The kernel computes none by itself: without it a broadcast would have no address to go to. */
function broadcastOf({ address, peer }: AddressSettings): string | undefined {
  const { version, bytes, prefixLength } = parsePrefix(address);
  if (version !== 4 || prefixLength > 30 || peer !== undefined) return undefined;
  return [...bytes]
    .map((byte, i) => byte | (0xff >> Math.min(8, Math.max(0, prefixLength - 8 * i))))
    .join('.');
}

export function encodeAddressQuery(family: number, index: number): readonly Uint8Array[] {
  const header = {
    ifa_family: family,
    ifa_prefixlen: 0,
    ifa_flags: 0,
    ifa_scope: 0,
    ifa_index: index,
  };
  return [ifaddrmsg.encode(header, lp64)];
}
