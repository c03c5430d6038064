// SPDX-License-Identifier: GPL-2.0-only
/** Nexthop objects in rtnetlink’s form: single hops, black holes, groups and resilient groups. */
import { ipVersion } from '../ip-address.js';
import { AF_INET, AF_INET6, AF_UNSPEC } from '../constants/socket.js';
import { lp64 } from '../struct/data-model.js';
import { nexthop_grp, nhmsg } from '../struct/netlink.js';
import {
  flag,
  ip,
  nested,
  policy,
  u16,
  u32,
  type AttributeKind,
  type PolicyValue,
  binary,
  u64Number,
} from './attributes.js';
import * as C from './constants/route.js';

/** A member of a group of next hops, with its weight. */
export interface NexthopGroupMember {
  readonly id: number;
  /** 1 to 65,536. */
  readonly weight?: number;
}

const group: AttributeKind<readonly NexthopGroupMember[]> = {
  write(writer, members) {
    for (const { id, weight = 1 } of members) {
      if (!Number.isInteger(weight) || weight < 1 || weight > 65536) {
        throw new RangeError(`a member’s weight is from 1 to 65536, not ${String(weight)}`);
      }
      const value = { id, weight: (weight - 1) & 0xff, weight_high: (weight - 1) >> 8, resvd2: 0 };
      writer.bytes(nexthop_grp.encode(value, lp64));
    }
  },
  read(payload) {
    const bytes = nexthop_grp.sizeof(lp64);
    return Array.from({ length: Math.floor(payload.byteLength / bytes) }, (_, i) => {
      const { id, weight, weight_high } = nexthop_grp.decode(payload.subarray(i * bytes), lp64);
      return { id, weight: weight + (weight_high << 8) + 1 };
    });
  },
};

const resilientPolicy = policy({
  buckets: [C.NHA_RES_GROUP_BUCKETS, u16],
  idleTimer: [C.NHA_RES_GROUP_IDLE_TIMER, u32],
  unbalancedTimer: [C.NHA_RES_GROUP_UNBALANCED_TIMER, u32],
  unbalancedTime: [C.NHA_RES_GROUP_UNBALANCED_TIME, u64Number],
});
const nexthopPolicy = policy({
  id: [C.NHA_ID, u32],
  group: [C.NHA_GROUP, group],
  groupType: [C.NHA_GROUP_TYPE, u16],
  blackhole: [C.NHA_BLACKHOLE, flag],
  index: [C.NHA_OIF, u32],
  gateway: [C.NHA_GATEWAY, ip],
  encapsulationType: [C.NHA_ENCAP_TYPE, u16],
  encapsulation: [C.NHA_ENCAP, { ...binary, nested: true }],
  groups: [C.NHA_GROUPS, flag],
  master: [C.NHA_MASTER, u32],
  forwardingDatabase: [C.NHA_FDB, flag],
  resilient: [C.NHA_RES_GROUP, nested(resilientPolicy)],
});
type Attributes = PolicyValue<typeof nexthopPolicy>;

/** A next hop as an object of its own: ip-nexthop(8). */
export interface Nexthop extends Omit<Attributes, 'groups'> {
  readonly family: number;
  readonly scope: number;
  readonly protocol: number;
  readonly flags: number;
}

/** A nexthop to add; without an id the kernel picks one. */
export interface NexthopSettings extends Omit<Attributes, 'groups' | 'master'> {
  readonly family?: number;
  readonly protocol?: number;
  readonly flags?: number;
}

export function decodeNexthop(payload: Uint8Array): Nexthop {
  const header = nhmsg.decode(payload, lp64);
  return {
    ...nexthopPolicy.decode(payload.subarray(nhmsg.sizeof(lp64))),
    family: header.nh_family,
    scope: header.nh_scope,
    protocol: header.nh_protocol,
    flags: header.nh_flags,
  };
}

export function encodeNexthop(settings: NexthopSettings): readonly Uint8Array[] {
  const six = settings.gateway !== undefined && ipVersion(settings.gateway) === 6;
  const family = settings.group !== undefined ? AF_UNSPEC : six ? AF_INET6 : AF_INET;
  return [
    header(settings.family ?? family, settings.protocol ?? C.RTPROT_STATIC, settings.flags ?? 0),
    nexthopPolicy.encode(settings),
  ];
}

/** By id; for a dump, 0. */
export function encodeNexthopQuery(id: number): readonly Uint8Array[] {
  return [header(AF_UNSPEC, 0, 0), nexthopPolicy.encode(id === 0 ? {} : { id })];
}

function header(family: number, protocol: number, flags: number): Uint8Array {
  const value = {
    nh_family: family,
    nh_scope: 0,
    nh_protocol: protocol,
    resvd: 0,
    nh_flags: flags,
  };
  return nhmsg.encode(value, lp64);
}
