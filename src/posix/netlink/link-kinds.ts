// SPDX-License-Identifier: GPL-2.0-only
/**
 * What each kind of link is made with and shows: the attributes of IFLA_INFO_DATA, and of IFLA_INFO_SLAVE_DATA
 * for ports. Names follow the kernel’s; times are in the kernel’s units (hundredths of a second for bridges).
 */
import {
  be16,
  be32,
  bool8,
  binary,
  flag,
  ip,
  list,
  mac,
  policy,
  s32,
  structure,
  u16,
  u32,
  u64Number,
  u8,
  type PolicyValue,
} from './attributes.js';
import * as C from './constants/link.js';
import { ifla_vlan_flags, ifla_vxlan_port_range } from '../struct/netlink.js';

export const bridge = policy({
  forwardDelay: [C.IFLA_BR_FORWARD_DELAY, u32],
  helloTime: [C.IFLA_BR_HELLO_TIME, u32],
  maxAge: [C.IFLA_BR_MAX_AGE, u32],
  ageingTime: [C.IFLA_BR_AGEING_TIME, u32],
  stpState: [C.IFLA_BR_STP_STATE, u32],
  priority: [C.IFLA_BR_PRIORITY, u16],
  vlanFiltering: [C.IFLA_BR_VLAN_FILTERING, bool8],
  vlanProtocol: [C.IFLA_BR_VLAN_PROTOCOL, be16],
  groupFwdMask: [C.IFLA_BR_GROUP_FWD_MASK, u16],
  rootId: [C.IFLA_BR_ROOT_ID, binary],
  bridgeId: [C.IFLA_BR_BRIDGE_ID, binary],
  rootPort: [C.IFLA_BR_ROOT_PORT, u16],
  rootPathCost: [C.IFLA_BR_ROOT_PATH_COST, u32],
  topologyChange: [C.IFLA_BR_TOPOLOGY_CHANGE, u8],
  groupAddr: [C.IFLA_BR_GROUP_ADDR, mac],
  mcastRouter: [C.IFLA_BR_MCAST_ROUTER, u8],
  mcastSnooping: [C.IFLA_BR_MCAST_SNOOPING, bool8],
  mcastQueryUseIfaddr: [C.IFLA_BR_MCAST_QUERY_USE_IFADDR, bool8],
  mcastQuerier: [C.IFLA_BR_MCAST_QUERIER, bool8],
  mcastHashElasticity: [C.IFLA_BR_MCAST_HASH_ELASTICITY, u32],
  mcastHashMax: [C.IFLA_BR_MCAST_HASH_MAX, u32],
  mcastLastMemberCnt: [C.IFLA_BR_MCAST_LAST_MEMBER_CNT, u32],
  mcastStartupQueryCnt: [C.IFLA_BR_MCAST_STARTUP_QUERY_CNT, u32],
  mcastLastMemberIntvl: [C.IFLA_BR_MCAST_LAST_MEMBER_INTVL, u64Number],
  mcastMembershipIntvl: [C.IFLA_BR_MCAST_MEMBERSHIP_INTVL, u64Number],
  mcastQuerierIntvl: [C.IFLA_BR_MCAST_QUERIER_INTVL, u64Number],
  mcastQueryIntvl: [C.IFLA_BR_MCAST_QUERY_INTVL, u64Number],
  mcastQueryResponseIntvl: [C.IFLA_BR_MCAST_QUERY_RESPONSE_INTVL, u64Number],
  mcastStartupQueryIntvl: [C.IFLA_BR_MCAST_STARTUP_QUERY_INTVL, u64Number],
  nfCallIptables: [C.IFLA_BR_NF_CALL_IPTABLES, bool8],
  nfCallIp6tables: [C.IFLA_BR_NF_CALL_IP6TABLES, bool8],
  nfCallArptables: [C.IFLA_BR_NF_CALL_ARPTABLES, bool8],
  vlanDefaultPvid: [C.IFLA_BR_VLAN_DEFAULT_PVID, u16],
  vlanStatsEnabled: [C.IFLA_BR_VLAN_STATS_ENABLED, bool8],
  mcastStatsEnabled: [C.IFLA_BR_MCAST_STATS_ENABLED, bool8],
  mcastIgmpVersion: [C.IFLA_BR_MCAST_IGMP_VERSION, u8],
  mcastMldVersion: [C.IFLA_BR_MCAST_MLD_VERSION, u8],
  vlanStatsPerPort: [C.IFLA_BR_VLAN_STATS_PER_PORT, bool8],
  fdbNLearned: [C.IFLA_BR_FDB_N_LEARNED, u32],
  fdbMaxLearned: [C.IFLA_BR_FDB_MAX_LEARNED, u32],
});

/** A port of a bridge. */
export const bridgePort = policy({
  state: [C.IFLA_BRPORT_STATE, u8],
  priority: [C.IFLA_BRPORT_PRIORITY, u16],
  cost: [C.IFLA_BRPORT_COST, u32],
  hairpin: [C.IFLA_BRPORT_MODE, bool8],
  guard: [C.IFLA_BRPORT_GUARD, bool8],
  protect: [C.IFLA_BRPORT_PROTECT, bool8],
  fastLeave: [C.IFLA_BRPORT_FAST_LEAVE, bool8],
  learning: [C.IFLA_BRPORT_LEARNING, bool8],
  unicastFlood: [C.IFLA_BRPORT_UNICAST_FLOOD, bool8],
  proxyarp: [C.IFLA_BRPORT_PROXYARP, bool8],
  proxyarpWifi: [C.IFLA_BRPORT_PROXYARP_WIFI, bool8],
  designatedPort: [C.IFLA_BRPORT_DESIGNATED_PORT, u16],
  designatedCost: [C.IFLA_BRPORT_DESIGNATED_COST, u16],
  id: [C.IFLA_BRPORT_ID, u16],
  no: [C.IFLA_BRPORT_NO, u16],
  multicastRouter: [C.IFLA_BRPORT_MULTICAST_ROUTER, u8],
  mcastFlood: [C.IFLA_BRPORT_MCAST_FLOOD, bool8],
  mcastToUcast: [C.IFLA_BRPORT_MCAST_TO_UCAST, bool8],
  vlanTunnel: [C.IFLA_BRPORT_VLAN_TUNNEL, bool8],
  bcastFlood: [C.IFLA_BRPORT_BCAST_FLOOD, bool8],
  groupFwdMask: [C.IFLA_BRPORT_GROUP_FWD_MASK, u16],
  neighSuppress: [C.IFLA_BRPORT_NEIGH_SUPPRESS, bool8],
  isolated: [C.IFLA_BRPORT_ISOLATED, bool8],
  backupPort: [C.IFLA_BRPORT_BACKUP_PORT, u32],
  mcastEhtHostsLimit: [C.IFLA_BRPORT_MCAST_EHT_HOSTS_LIMIT, u32],
  mcastEhtHostsCnt: [C.IFLA_BRPORT_MCAST_EHT_HOSTS_CNT, u32],
  locked: [C.IFLA_BRPORT_LOCKED, bool8],
  mab: [C.IFLA_BRPORT_MAB, bool8],
  mcastNGroups: [C.IFLA_BRPORT_MCAST_N_GROUPS, u32],
  mcastMaxGroups: [C.IFLA_BRPORT_MCAST_MAX_GROUPS, u32],
  neighVlanSuppress: [C.IFLA_BRPORT_NEIGH_VLAN_SUPPRESS, bool8],
  backupNhid: [C.IFLA_BRPORT_BACKUP_NHID, u32],
});

export const vlan = policy({
  id: [C.IFLA_VLAN_ID, u16],
  flags: [C.IFLA_VLAN_FLAGS, structure(ifla_vlan_flags)],
  protocol: [C.IFLA_VLAN_PROTOCOL, be16],
});

export const vxlan = policy({
  id: [C.IFLA_VXLAN_ID, u32],
  group: [C.IFLA_VXLAN_GROUP, ip],
  link: [C.IFLA_VXLAN_LINK, u32],
  local: [C.IFLA_VXLAN_LOCAL, ip],
  ttl: [C.IFLA_VXLAN_TTL, u8],
  tos: [C.IFLA_VXLAN_TOS, u8],
  learning: [C.IFLA_VXLAN_LEARNING, bool8],
  ageing: [C.IFLA_VXLAN_AGEING, u32],
  limit: [C.IFLA_VXLAN_LIMIT, u32],
  portRange: [C.IFLA_VXLAN_PORT_RANGE, structure(ifla_vxlan_port_range)],
  proxy: [C.IFLA_VXLAN_PROXY, bool8],
  rsc: [C.IFLA_VXLAN_RSC, bool8],
  l2miss: [C.IFLA_VXLAN_L2MISS, bool8],
  l3miss: [C.IFLA_VXLAN_L3MISS, bool8],
  port: [C.IFLA_VXLAN_PORT, be16],
  group6: [C.IFLA_VXLAN_GROUP6, ip],
  local6: [C.IFLA_VXLAN_LOCAL6, ip],
  udpCsum: [C.IFLA_VXLAN_UDP_CSUM, bool8],
  udpZeroCsum6Tx: [C.IFLA_VXLAN_UDP_ZERO_CSUM6_TX, bool8],
  udpZeroCsum6Rx: [C.IFLA_VXLAN_UDP_ZERO_CSUM6_RX, bool8],
  remcsumTx: [C.IFLA_VXLAN_REMCSUM_TX, bool8],
  remcsumRx: [C.IFLA_VXLAN_REMCSUM_RX, bool8],
  gbp: [C.IFLA_VXLAN_GBP, flag],
  remcsumNopartial: [C.IFLA_VXLAN_REMCSUM_NOPARTIAL, flag],
  collectMetadata: [C.IFLA_VXLAN_COLLECT_METADATA, bool8],
  label: [C.IFLA_VXLAN_LABEL, be32],
  gpe: [C.IFLA_VXLAN_GPE, flag],
  ttlInherit: [C.IFLA_VXLAN_TTL_INHERIT, flag],
  df: [C.IFLA_VXLAN_DF, u8],
  vnifilter: [C.IFLA_VXLAN_VNIFILTER, bool8],
  localbypass: [C.IFLA_VXLAN_LOCALBYPASS, bool8],
  labelPolicy: [C.IFLA_VXLAN_LABEL_POLICY, u32],
});

export const geneve = policy({
  id: [C.IFLA_GENEVE_ID, u32],
  remote: [C.IFLA_GENEVE_REMOTE, ip],
  ttl: [C.IFLA_GENEVE_TTL, u8],
  tos: [C.IFLA_GENEVE_TOS, u8],
  port: [C.IFLA_GENEVE_PORT, be16],
  collectMetadata: [C.IFLA_GENEVE_COLLECT_METADATA, flag],
  remote6: [C.IFLA_GENEVE_REMOTE6, ip],
  udpCsum: [C.IFLA_GENEVE_UDP_CSUM, bool8],
  udpZeroCsum6Tx: [C.IFLA_GENEVE_UDP_ZERO_CSUM6_TX, bool8],
  udpZeroCsum6Rx: [C.IFLA_GENEVE_UDP_ZERO_CSUM6_RX, bool8],
  label: [C.IFLA_GENEVE_LABEL, be32],
  ttlInherit: [C.IFLA_GENEVE_TTL_INHERIT, bool8],
  df: [C.IFLA_GENEVE_DF, u8],
  innerProtoInherit: [C.IFLA_GENEVE_INNER_PROTO_INHERIT, flag],
});

export const bareudp = policy({
  port: [C.IFLA_BAREUDP_PORT, be16],
  ethertype: [C.IFLA_BAREUDP_ETHERTYPE, be16],
  srcportMin: [C.IFLA_BAREUDP_SRCPORT_MIN, u16],
  multiprotoMode: [C.IFLA_BAREUDP_MULTIPROTO_MODE, flag],
});

const addressList = list(0, ip);
export const bond = policy({
  mode: [C.IFLA_BOND_MODE, u8],
  activeSlave: [C.IFLA_BOND_ACTIVE_SLAVE, u32],
  miimonMs: [C.IFLA_BOND_MIIMON, u32],
  upDelayMs: [C.IFLA_BOND_UPDELAY, u32],
  downDelayMs: [C.IFLA_BOND_DOWNDELAY, u32],
  useCarrier: [C.IFLA_BOND_USE_CARRIER, bool8],
  arpIntervalMs: [C.IFLA_BOND_ARP_INTERVAL, u32],
  arpIpTarget: [C.IFLA_BOND_ARP_IP_TARGET, addressList],
  arpValidate: [C.IFLA_BOND_ARP_VALIDATE, u32],
  arpAllTargets: [C.IFLA_BOND_ARP_ALL_TARGETS, u32],
  primary: [C.IFLA_BOND_PRIMARY, u32],
  primaryReselect: [C.IFLA_BOND_PRIMARY_RESELECT, u8],
  failOverMac: [C.IFLA_BOND_FAIL_OVER_MAC, u8],
  xmitHashPolicy: [C.IFLA_BOND_XMIT_HASH_POLICY, u8],
  resendIgmp: [C.IFLA_BOND_RESEND_IGMP, u32],
  numPeerNotif: [C.IFLA_BOND_NUM_PEER_NOTIF, u8],
  allSlavesActive: [C.IFLA_BOND_ALL_SLAVES_ACTIVE, bool8],
  minLinks: [C.IFLA_BOND_MIN_LINKS, u32],
  lpInterval: [C.IFLA_BOND_LP_INTERVAL, u32],
  packetsPerSlave: [C.IFLA_BOND_PACKETS_PER_SLAVE, u32],
  adLacpRate: [C.IFLA_BOND_AD_LACP_RATE, u8],
  adSelect: [C.IFLA_BOND_AD_SELECT, u8],
  adActorSysPrio: [C.IFLA_BOND_AD_ACTOR_SYS_PRIO, u16],
  adUserPortKey: [C.IFLA_BOND_AD_USER_PORT_KEY, u16],
  adActorSystem: [C.IFLA_BOND_AD_ACTOR_SYSTEM, mac],
  tlbDynamicLb: [C.IFLA_BOND_TLB_DYNAMIC_LB, bool8],
  peerNotifDelay: [C.IFLA_BOND_PEER_NOTIF_DELAY, u32],
  adLacpActive: [C.IFLA_BOND_AD_LACP_ACTIVE, u8],
  missedMax: [C.IFLA_BOND_MISSED_MAX, u8],
  nsIp6Target: [C.IFLA_BOND_NS_IP6_TARGET, addressList],
  coupledControl: [C.IFLA_BOND_COUPLED_CONTROL, bool8],
});

/** A port of a bond. */
export const bondPort = policy({
  state: [C.IFLA_BOND_SLAVE_STATE, u8],
  miiStatus: [C.IFLA_BOND_SLAVE_MII_STATUS, u8],
  linkFailureCount: [C.IFLA_BOND_SLAVE_LINK_FAILURE_COUNT, u32],
  permHwaddr: [C.IFLA_BOND_SLAVE_PERM_HWADDR, mac],
  queueId: [C.IFLA_BOND_SLAVE_QUEUE_ID, u16],
  adAggregatorId: [C.IFLA_BOND_SLAVE_AD_AGGREGATOR_ID, u16],
  prio: [C.IFLA_BOND_SLAVE_PRIO, s32],
});

export const macvlan = policy({
  mode: [C.IFLA_MACVLAN_MODE, u32],
  flags: [C.IFLA_MACVLAN_FLAGS, u16],
  macaddrMode: [C.IFLA_MACVLAN_MACADDR_MODE, u32],
  macaddr: [C.IFLA_MACVLAN_MACADDR, mac],
  macaddrCount: [C.IFLA_MACVLAN_MACADDR_COUNT, u32],
  bcQueueLen: [C.IFLA_MACVLAN_BC_QUEUE_LEN, u32],
});

export const ipvlan = policy({
  mode: [C.IFLA_IPVLAN_MODE, u16],
  flags: [C.IFLA_IPVLAN_FLAGS, u16],
});

export const vrf = policy({
  table: [C.IFLA_VRF_TABLE, u32],
});

export const vrfPort = policy({
  table: [C.IFLA_VRF_PORT_TABLE, u32],
});

export const xfrm = policy({
  link: [C.IFLA_XFRM_LINK, u32],
  ifId: [C.IFLA_XFRM_IF_ID, u32],
  collectMetadata: [C.IFLA_XFRM_COLLECT_METADATA, flag],
});

/** `ipip` and `sit`. */
export const ipTunnel = policy({
  link: [C.IFLA_IPTUN_LINK, u32],
  local: [C.IFLA_IPTUN_LOCAL, ip],
  remote: [C.IFLA_IPTUN_REMOTE, ip],
  ttl: [C.IFLA_IPTUN_TTL, u8],
  tos: [C.IFLA_IPTUN_TOS, u8],
  encapLimit: [C.IFLA_IPTUN_ENCAP_LIMIT, u8],
  flowinfo: [C.IFLA_IPTUN_FLOWINFO, be32],
  flags: [C.IFLA_IPTUN_FLAGS, u16],
  proto: [C.IFLA_IPTUN_PROTO, u8],
  pmtudisc: [C.IFLA_IPTUN_PMTUDISC, bool8],
  sixRdPrefix: [C.IFLA_IPTUN_6RD_PREFIX, ip],
  sixRdRelayPrefix: [C.IFLA_IPTUN_6RD_RELAY_PREFIX, ip],
  sixRdPrefixlen: [C.IFLA_IPTUN_6RD_PREFIXLEN, u16],
  sixRdRelayPrefixlen: [C.IFLA_IPTUN_6RD_RELAY_PREFIXLEN, u16],
  encapType: [C.IFLA_IPTUN_ENCAP_TYPE, u16],
  encapFlags: [C.IFLA_IPTUN_ENCAP_FLAGS, u16],
  encapSport: [C.IFLA_IPTUN_ENCAP_SPORT, be16],
  encapDport: [C.IFLA_IPTUN_ENCAP_DPORT, be16],
  collectMetadata: [C.IFLA_IPTUN_COLLECT_METADATA, flag],
  fwmark: [C.IFLA_IPTUN_FWMARK, u32],
});

/** `ip6tnl`, whose flags are wider. */
export const ip6Tunnel = policy({
  link: [C.IFLA_IPTUN_LINK, u32],
  local: [C.IFLA_IPTUN_LOCAL, ip],
  remote: [C.IFLA_IPTUN_REMOTE, ip],
  ttl: [C.IFLA_IPTUN_TTL, u8],
  encapLimit: [C.IFLA_IPTUN_ENCAP_LIMIT, u8],
  flowinfo: [C.IFLA_IPTUN_FLOWINFO, be32],
  flags: [C.IFLA_IPTUN_FLAGS, u32],
  proto: [C.IFLA_IPTUN_PROTO, u8],
  encapType: [C.IFLA_IPTUN_ENCAP_TYPE, u16],
  encapFlags: [C.IFLA_IPTUN_ENCAP_FLAGS, u16],
  encapSport: [C.IFLA_IPTUN_ENCAP_SPORT, be16],
  encapDport: [C.IFLA_IPTUN_ENCAP_DPORT, be16],
  collectMetadata: [C.IFLA_IPTUN_COLLECT_METADATA, flag],
  fwmark: [C.IFLA_IPTUN_FWMARK, u32],
});

/** `gre`, `gretap`, `ip6gre`, `ip6gretap`, `erspan`. */
export const gre = policy({
  link: [C.IFLA_GRE_LINK, u32],
  iflags: [C.IFLA_GRE_IFLAGS, be16],
  oflags: [C.IFLA_GRE_OFLAGS, be16],
  ikey: [C.IFLA_GRE_IKEY, be32],
  okey: [C.IFLA_GRE_OKEY, be32],
  local: [C.IFLA_GRE_LOCAL, ip],
  remote: [C.IFLA_GRE_REMOTE, ip],
  ttl: [C.IFLA_GRE_TTL, u8],
  tos: [C.IFLA_GRE_TOS, u8],
  pmtudisc: [C.IFLA_GRE_PMTUDISC, bool8],
  encapLimit: [C.IFLA_GRE_ENCAP_LIMIT, u8],
  flowinfo: [C.IFLA_GRE_FLOWINFO, be32],
  flags: [C.IFLA_GRE_FLAGS, u32],
  encapType: [C.IFLA_GRE_ENCAP_TYPE, u16],
  encapFlags: [C.IFLA_GRE_ENCAP_FLAGS, u16],
  encapSport: [C.IFLA_GRE_ENCAP_SPORT, be16],
  encapDport: [C.IFLA_GRE_ENCAP_DPORT, be16],
  collectMetadata: [C.IFLA_GRE_COLLECT_METADATA, flag],
  ignoreDf: [C.IFLA_GRE_IGNORE_DF, bool8],
  fwmark: [C.IFLA_GRE_FWMARK, u32],
  erspanIndex: [C.IFLA_GRE_ERSPAN_INDEX, u32],
  erspanVer: [C.IFLA_GRE_ERSPAN_VER, u8],
  erspanDir: [C.IFLA_GRE_ERSPAN_DIR, u8],
  erspanHwid: [C.IFLA_GRE_ERSPAN_HWID, u16],
});

export const vti = policy({
  link: [C.IFLA_VTI_LINK, u32],
  ikey: [C.IFLA_VTI_IKEY, be32],
  okey: [C.IFLA_VTI_OKEY, be32],
  local: [C.IFLA_VTI_LOCAL, ip],
  remote: [C.IFLA_VTI_REMOTE, ip],
  fwmark: [C.IFLA_VTI_FWMARK, u32],
});

/** Policies by kind, as IFLA_INFO_KIND names it. Kinds without data of their own (dummy, ifb, team …) need none. */
export const kindPolicies = {
  bridge,
  vlan,
  vxlan,
  geneve,
  bareudp,
  bond,
  macvlan,
  macvtap: macvlan,
  ipvlan,
  vrf,
  xfrm,
  ipip: ipTunnel,
  sit: ipTunnel,
  ip6tnl: ip6Tunnel,
  gre,
  gretap: gre,
  ip6gre: gre,
  ip6gretap: gre,
  erspan: gre,
  ip6erspan: gre,
  vti,
  vti6: vti,
} as const;
export const portPolicies = { bridge: bridgePort, bond: bondPort, vrf: vrfPort } as const;

type Values<T> = { readonly [K in keyof T]: PolicyValue<T[K]> };
/** The data of each kind. */
export type LinkKindData = Values<typeof kindPolicies>;
/** Settings of a link as a port of another one (IFLA_INFO_SLAVE_DATA), by kind. */
export type PortKindData = Values<typeof portPolicies>;
