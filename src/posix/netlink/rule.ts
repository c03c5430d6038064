// SPDX-License-Identifier: GPL-2.0-only
/** Policy routing rules in rtnetlink’s form. */
import { parsePrefix } from '../ip-address.js';
import { AF_INET, AF_INET6 } from '../constants/socket.js';
import { lp64 } from '../struct/data-model.js';
import { fib_rule_hdr, fib_rule_port_range, fib_rule_uid_range } from '../struct/netlink.js';
import {
  ip,
  policy,
  structure,
  text,
  u32,
  u8,
  u64Number,
  type PolicyValue,
  bool8,
} from './attributes.js';
import * as C from './constants/route.js';

const rulePolicy = policy({
  destination: [C.FRA_DST, ip],
  source: [C.FRA_SRC, ip],
  inputInterface: [C.FRA_IIFNAME, text],
  outputInterface: [C.FRA_OIFNAME, text],
  goto: [C.FRA_GOTO, u32],
  priority: [C.FRA_PRIORITY, u32],
  mark: [C.FRA_FWMARK, u32],
  markMask: [C.FRA_FWMASK, u32],
  flow: [C.FRA_FLOW, u32],
  tunnelId: [C.FRA_TUN_ID, u64Number],
  suppressPrefixLength: [C.FRA_SUPPRESS_PREFIXLEN, u32],
  suppressGroup: [C.FRA_SUPPRESS_IFGROUP, u32],
  table: [C.FRA_TABLE, u32],
  l3mdev: [C.FRA_L3MDEV, bool8],
  userIds: [C.FRA_UID_RANGE, structure(fib_rule_uid_range)],
  protocol: [C.FRA_PROTOCOL, u8],
  ipProtocol: [C.FRA_IP_PROTO, u8],
  sourcePorts: [C.FRA_SPORT_RANGE, structure(fib_rule_port_range)],
  destinationPorts: [C.FRA_DPORT_RANGE, structure(fib_rule_port_range)],
  dscp: [C.FRA_DSCP, u8],
});
type Attributes = PolicyValue<typeof rulePolicy>;

/** A rule as the kernel tells of it; `destination` and `source` carry their prefix length. */
export interface Rule extends Attributes {
  readonly family: number;
  /** `FR_ACT_*`. */
  readonly action: number;
  readonly table: number;
  readonly typeOfService: number;
  readonly flags: number;
}

/** A rule to add or remove. */
export interface RuleSettings extends Attributes {
  /** AF_INET unless said or told by an address. */
  readonly family?: number;
  /** `FR_ACT_TO_TBL` unless said. */
  readonly action?: number;
  readonly typeOfService?: number;
  readonly flags?: number;
}

export function decodeRule(payload: Uint8Array): Rule {
  const header = fib_rule_hdr.decode(payload, lp64);
  const attributes = rulePolicy.decode(payload.subarray(fib_rule_hdr.sizeof(lp64)));
  const { destination, source } = attributes;
  return {
    ...attributes,
    ...(destination !== undefined && { destination: `${destination}/${header.dst_len}` }),
    ...(source !== undefined && { source: `${source}/${header.src_len}` }),
    family: header.family,
    action: header.action,
    table: attributes.table ?? header.table,
    typeOfService: header.tos,
    flags: header.flags,
  };
}

/** `removing` leaves the action open unless it was said. */
export function encodeRule(settings: RuleSettings, removing = false): readonly Uint8Array[] {
  const destination =
    settings.destination === undefined ? undefined : parsePrefix(settings.destination);
  const source = settings.source === undefined ? undefined : parsePrefix(settings.source);
  const version = (destination ?? source)?.version;
  const table = settings.table ?? C.RT_TABLE_UNSPEC;
  const defaultAction = removing
    ? C.FR_ACT_UNSPEC
    : settings.goto === undefined
      ? C.FR_ACT_TO_TBL
      : C.FR_ACT_GOTO;
  return [
    fib_rule_hdr.encode(
      {
        family: settings.family ?? (version === 6 ? AF_INET6 : AF_INET),
        dst_len: destination?.prefixLength ?? 0,
        src_len: source?.prefixLength ?? 0,
        tos: settings.typeOfService ?? 0,
        table: table < 256 ? table : C.RT_TABLE_UNSPEC,
        res1: 0,
        res2: 0,
        action: settings.action ?? defaultAction,
        flags: settings.flags ?? 0,
      },
      lp64,
    ),
    rulePolicy.encode({ ...settings, destination: destination?.address, source: source?.address }),
  ];
}

export function encodeRuleDump(family: number): readonly Uint8Array[] {
  return [
    fib_rule_hdr.encode(
      { family, dst_len: 0, src_len: 0, tos: 0, table: 0, res1: 0, res2: 0, action: 0, flags: 0 },
      lp64,
    ),
  ];
}
