// SPDX-License-Identifier: GPL-2.0-only
/** Neighbours (ARP, NDP) and bridge forwarding entries in rtnetlink’s form. */
import { ipVersion } from '../ip-address.js';
import { AF_BRIDGE, AF_INET, AF_INET6 } from '../constants/socket.js';
import { lp64 } from '../struct/data-model.js';
import { nda_cacheinfo, ndmsg } from '../struct/netlink.js';
import {
  be16,
  ip,
  mac,
  policy,
  s32,
  structure,
  u16,
  u32,
  u8,
  type PolicyValue,
} from './attributes.js';
import * as C from './constants/route.js';

const neighbourPolicy = policy({
  address: [C.NDA_DST, ip],
  hardwareAddress: [C.NDA_LLADDR, mac],
  cacheInfo: [C.NDA_CACHEINFO, structure(nda_cacheinfo)],
  probes: [C.NDA_PROBES, u32],
  vlan: [C.NDA_VLAN, u16],
  port: [C.NDA_PORT, be16],
  vni: [C.NDA_VNI, u32],
  outIndex: [C.NDA_IFINDEX, u32],
  master: [C.NDA_MASTER, u32],
  linkNamespaceId: [C.NDA_LINK_NETNSID, s32],
  sourceVni: [C.NDA_SRC_VNI, u32],
  protocol: [C.NDA_PROTOCOL, u8],
  nexthopId: [C.NDA_NH_ID, u32],
  extendedFlags: [C.NDA_FLAGS_EXT, u32],
});
type Attributes = PolicyValue<typeof neighbourPolicy>;

/** A neighbour, or with family AF_BRIDGE an entry of a forwarding database. */
export interface Neighbour extends Attributes {
  readonly family: number;
  readonly index: number;
  /** `NUD_*`, one bit. */
  readonly state: number;
  /** `NTF_*`. */
  readonly flags: number;
  readonly type: number;
}

/** A neighbour to add, change or remove. */
export interface NeighbourSettings extends Omit<Attributes, 'cacheInfo' | 'probes'> {
  /** Told by the address; AF_BRIDGE for a forwarding entry. */
  readonly family?: number;
  /** `NUD_PERMANENT` unless said. */
  readonly state?: number;
  readonly flags?: number;
}

export function decodeNeighbour(payload: Uint8Array): Neighbour {
  const header = ndmsg.decode(payload, lp64);
  return {
    ...neighbourPolicy.decode(payload.subarray(ndmsg.sizeof(lp64))),
    family: header.ndm_family,
    index: header.ndm_ifindex,
    state: header.ndm_state,
    flags: header.ndm_flags,
    type: header.ndm_type,
  };
}

export function encodeNeighbour(index: number, settings: NeighbourSettings): readonly Uint8Array[] {
  const version = settings.address === undefined ? 0 : ipVersion(settings.address);
  const byAddress = version === 6 ? AF_INET6 : version === 4 ? AF_INET : AF_BRIDGE;
  return [
    header(
      settings.family ?? byAddress,
      index,
      settings.state ?? C.NUD_PERMANENT,
      settings.flags ?? 0,
    ),
    neighbourPolicy.encode(settings),
  ];
}

export function encodeNeighbourDump(
  family: number,
  index?: number,
  master?: number,
): readonly Uint8Array[] {
  return [header(family, 0, 0, 0), neighbourPolicy.encode({ outIndex: index, master })];
}

function header(family: number, index: number, state: number, flags: number): Uint8Array {
  return ndmsg.encode(
    {
      ndm_family: family,
      ndm_pad1: 0,
      ndm_pad2: 0,
      ndm_ifindex: index,
      ndm_state: state,
      ndm_flags: flags,
      ndm_type: 0,
    },
    lp64,
  );
}
