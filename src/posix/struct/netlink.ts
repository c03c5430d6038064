// SPDX-License-Identifier: GPL-2.0-only
/** Fixed headers and fixed-layout attributes of netlink. No field depends on the data model. Layout only. */
import { struct } from './layout.js';
import { array, be16, be32, bytes, s16, s32, s64, u16, u32, u64Number, u8 } from './scalars.js';

export const nlmsghdr = struct('struct nlmsghdr', {
  nlmsg_len: u32,
  nlmsg_type: u16,
  nlmsg_flags: u16,
  nlmsg_seq: u32,
  nlmsg_pid: u32,
});
export const nlmsgerr = struct('struct nlmsgerr', { error: s32, msg: nlmsghdr });
export const genlmsghdr = struct('struct genlmsghdr', { cmd: u8, version: u8, reserved: u16 });

export const rtgenmsg = struct('struct rtgenmsg', { rtgen_family: u8 });
export const ifinfomsg = struct('struct ifinfomsg', {
  ifi_family: u8,
  __ifi_pad: u8,
  ifi_type: u16,
  ifi_index: s32,
  ifi_flags: u32,
  ifi_change: u32,
});
export const ifaddrmsg = struct('struct ifaddrmsg', {
  ifa_family: u8,
  ifa_prefixlen: u8,
  ifa_flags: u8,
  ifa_scope: u8,
  ifa_index: u32,
});
export const ifa_cacheinfo = struct('struct ifa_cacheinfo', {
  ifa_prefered: u32,
  ifa_valid: u32,
  cstamp: u32,
  tstamp: u32,
});
export const rtmsg = struct('struct rtmsg', {
  rtm_family: u8,
  rtm_dst_len: u8,
  rtm_src_len: u8,
  rtm_tos: u8,
  rtm_table: u8,
  rtm_protocol: u8,
  rtm_scope: u8,
  rtm_type: u8,
  rtm_flags: u32,
});
export const rtnexthop = struct('struct rtnexthop', {
  rtnh_len: u16,
  rtnh_flags: u8,
  rtnh_hops: u8,
  rtnh_ifindex: s32,
});
export const rta_cacheinfo = struct('struct rta_cacheinfo', {
  rta_clntref: u32,
  rta_lastuse: u32,
  rta_expires: s32,
  rta_error: u32,
  rta_used: u32,
  rta_id: u32,
  rta_ts: u32,
  rta_tsage: u32,
});
export const fib_rule_hdr = struct('struct fib_rule_hdr', {
  family: u8,
  dst_len: u8,
  src_len: u8,
  tos: u8,
  table: u8,
  res1: u8,
  res2: u8,
  action: u8,
  flags: u32,
});
export const fib_rule_uid_range = struct('struct fib_rule_uid_range', { start: u32, end: u32 });
export const fib_rule_port_range = struct('struct fib_rule_port_range', { start: u16, end: u16 });
export const ndmsg = struct('struct ndmsg', {
  ndm_family: u8,
  ndm_pad1: u8,
  ndm_pad2: u16,
  ndm_ifindex: s32,
  ndm_state: u16,
  ndm_flags: u8,
  ndm_type: u8,
});
export const nda_cacheinfo = struct('struct nda_cacheinfo', {
  ndm_confirmed: u32,
  ndm_used: u32,
  ndm_updated: u32,
  ndm_refcnt: u32,
});
export const nhmsg = struct('struct nhmsg', {
  nh_family: u8,
  nh_scope: u8,
  nh_protocol: u8,
  resvd: u8,
  nh_flags: u32,
});
export const nexthop_grp = struct('struct nexthop_grp', {
  id: u32,
  weight: u8,
  weight_high: u8,
  resvd2: u16,
});
export const tcmsg = struct('struct tcmsg', {
  tcm_family: u8,
  tcm__pad1: u8,
  tcm__pad2: u16,
  tcm_ifindex: s32,
  tcm_handle: u32,
  tcm_parent: u32,
  tcm_info: u32,
});

export const ifla_vlan_flags = struct('struct ifla_vlan_flags', { flags: u32, mask: u32 });
export const ifla_vxlan_port_range = struct('struct ifla_vxlan_port_range', {
  low: be16,
  high: be16,
});
export const bridge_vlan_info = struct('struct bridge_vlan_info', { flags: u16, vid: u16 });

const linkCounters = [
  'rx_packets', 'tx_packets', 'rx_bytes', 'tx_bytes', 'rx_errors', 'tx_errors', 'rx_dropped', 'tx_dropped',
  'multicast', 'collisions', 'rx_length_errors', 'rx_over_errors', 'rx_crc_errors', 'rx_frame_errors',
  'rx_fifo_errors', 'rx_missed_errors', 'tx_aborted_errors', 'tx_carrier_errors', 'tx_fifo_errors',
  'tx_heartbeat_errors', 'tx_window_errors', 'rx_compressed', 'tx_compressed', 'rx_nohandler',
  'rx_otherhost_dropped',
] as const; // prettier-ignore
export const rtnl_link_stats64 = struct(
  'struct rtnl_link_stats64',
  Object.fromEntries(linkCounters.map((name) => [name, u64Number])) as Record<
    (typeof linkCounters)[number],
    typeof u64Number
  >,
);

export const tc_ratespec = struct('struct tc_ratespec', {
  cell_log: u8,
  linklayer: u8,
  overhead: u16,
  cell_align: s16,
  mpu: u16,
  rate: u32,
});
export const tc_htb_opt = struct('struct tc_htb_opt', {
  rate: tc_ratespec,
  ceil: tc_ratespec,
  buffer: u32,
  cbuffer: u32,
  quantum: u32,
  level: u32,
  prio: u32,
});
export const tc_htb_glob = struct('struct tc_htb_glob', {
  version: u32,
  rate2quantum: u32,
  defcls: u32,
  debug: u32,
  direct_pkts: u32,
});
export const tc_tbf_qopt = struct('struct tc_tbf_qopt', {
  rate: tc_ratespec,
  peakrate: tc_ratespec,
  limit: u32,
  buffer: u32,
  mtu: u32,
});
export const tc_netem_qopt = struct('struct tc_netem_qopt', {
  latency: u32,
  limit: u32,
  loss: u32,
  gap: u32,
  duplicate: u32,
  jitter: u32,
});
export const tc_netem_corr = struct('struct tc_netem_corr', {
  delay_corr: u32,
  loss_corr: u32,
  dup_corr: u32,
});
export const tc_netem_reorder = struct('struct tc_netem_reorder', {
  probability: u32,
  correlation: u32,
});
export const tc_netem_corrupt = struct('struct tc_netem_corrupt', {
  probability: u32,
  correlation: u32,
});
export const tc_netem_rate = struct('struct tc_netem_rate', {
  rate: u32,
  packet_overhead: s32,
  cell_size: u32,
  cell_overhead: s32,
});
export const tc_netem_slot = struct('struct tc_netem_slot', {
  min_delay: s64,
  max_delay: s64,
  max_packets: s32,
  max_bytes: s32,
  dist_delay: s64,
  dist_jitter: s64,
});
export const tc_netem_gimodel = struct('struct tc_netem_gimodel', {
  p13: u32,
  p31: u32,
  p32: u32,
  p14: u32,
  p23: u32,
});
export const tc_netem_gemodel = struct('struct tc_netem_gemodel', {
  p: u32,
  r: u32,
  h: u32,
  k1: u32,
});
export const tc_prio_qopt = struct('struct tc_prio_qopt', { bands: s32, priomap: bytes(16) });
export const tc_fifo_qopt = struct('struct tc_fifo_qopt', { limit: u32 });
export const tc_sfq_qopt = struct('struct tc_sfq_qopt', {
  quantum: u32,
  perturb_period: s32,
  limit: u32,
  divisor: u32,
  flows: u32,
});
/** What a u32 selector starts with; `nkeys` keys follow. */
export const tc_u32_sel = struct('struct tc_u32_sel', {
  flags: u8,
  offshift: u8,
  nkeys: u8,
  offmask: be16,
  off: u16,
  offoff: s16,
  hoff: s16,
  hmask: be32,
});
export const tc_u32_key = struct('struct tc_u32_key', {
  mask: be32,
  val: be32,
  off: s32,
  offmask: s32,
});
export const gnet_stats_basic = struct('struct gnet_stats_basic', {
  bytes: u64Number,
  packets: u32,
});
export const gnet_stats_queue = struct('struct gnet_stats_queue', {
  qlen: u32,
  backlog: u32,
  drops: u32,
  requeues: u32,
  overlimits: u32,
});

export const inet_diag_sockid = struct(
  'struct inet_diag_sockid',
  {
    idiag_sport: be16,
    idiag_dport: be16,
    idiag_src: bytes(16),
    idiag_dst: bytes(16),
    idiag_if: u32,
    idiag_cookie: array(u32, 2),
  },
  { alignedAs: [u32] },
);
export const inet_diag_req_v2 = struct('struct inet_diag_req_v2', {
  sdiag_family: u8,
  sdiag_protocol: u8,
  idiag_ext: u8,
  pad: u8,
  idiag_states: u32,
  id: inet_diag_sockid,
});
export const inet_diag_msg = struct('struct inet_diag_msg', {
  idiag_family: u8,
  idiag_state: u8,
  idiag_timer: u8,
  idiag_retrans: u8,
  id: inet_diag_sockid,
  idiag_expires: u32,
  idiag_rqueue: u32,
  idiag_wqueue: u32,
  idiag_uid: u32,
  idiag_inode: u32,
});

/** What BBR tells of itself. The bandwidth's halves are bytes a second, the gains 256 for 1. */
export const tcp_bbr_info = struct('struct tcp_bbr_info', {
  bbr_bw_lo: u32,
  bbr_bw_hi: u32,
  bbr_min_rtt: u32,
  bbr_pacing_gain: u32,
  bbr_cwnd_gain: u32,
});
