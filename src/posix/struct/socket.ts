// SPDX-License-Identifier: GPL-2.0-only
/** Structures of the socket calls: messages, control messages, options and addresses. Layout only. */
import { struct, type ValueOf } from './layout.js';
import {
  array,
  be16,
  be32,
  bytes,
  long,
  pointer,
  s32,
  s64Number,
  size,
  u16,
  u32,
  u64Number,
  u8,
} from './scalars.js';

export const sockaddr_in = struct('struct sockaddr_in', {
  sin_family: u16,
  sin_port: be16,
  sin_addr: bytes(4),
  __pad: bytes(8),
});
export const sockaddr_in6 = struct('struct sockaddr_in6', {
  sin6_family: u16,
  sin6_port: be16,
  sin6_flowinfo: be32,
  sin6_addr: bytes(16),
  sin6_scope_id: u32,
});
export const sockaddr_nl = struct('struct sockaddr_nl', {
  nl_family: u16,
  nl_pad: u16,
  nl_pid: u32,
  nl_groups: u32,
});
export const sockaddr_ll = struct('struct sockaddr_ll', {
  sll_family: u16,
  sll_protocol: be16,
  sll_ifindex: s32,
  sll_hatype: u16,
  sll_pkttype: u8,
  sll_halen: u8,
  sll_addr: bytes(8),
});
/** The path is as long as the address says, so only the fixed part is described. */
export const sockaddr_un = struct('struct sockaddr_un', { sun_family: u16, sun_path: bytes(108) });
/** Aligned as a pointer in C; always 128 bytes. */
export const sockaddr_storage = struct(
  'struct __kernel_sockaddr_storage',
  { ss_family: u16, __data: bytes(126) },
  { alignedAs: [pointer] },
);

export const iovec = struct('struct iovec', { iov_base: pointer, iov_len: size });
export const msghdr = struct('struct user_msghdr', {
  msg_name: pointer,
  msg_namelen: s32,
  msg_iov: pointer,
  msg_iovlen: size,
  msg_control: pointer,
  msg_controllen: size,
  msg_flags: u32,
});
export const mmsghdr = struct('struct mmsghdr', { msg_hdr: msghdr, msg_len: u32 });
export const cmsghdr = struct('struct cmsghdr', {
  cmsg_len: size,
  cmsg_level: s32,
  cmsg_type: s32,
});

export const linger = struct('struct linger', { l_onoff: s32, l_linger: s32 });
export const ucred = struct('struct ucred', { pid: s32, uid: u32, gid: u32 });
/** `SO_RCVTIMEO_NEW`, `SO_TIMESTAMP_NEW`: 64-bit times in both data models. */
export const sock_timeval = struct('struct __kernel_sock_timeval', {
  tv_sec: s64Number,
  tv_usec: s64Number,
});
/** The old one, whose width is the data model's: `SO_RCVTIMEO_OLD`. */
export const old_timeval = struct('struct __kernel_old_timeval', { tv_sec: long, tv_usec: long });

export const ip_mreq = struct('struct ip_mreq', {
  imr_multiaddr: bytes(4),
  imr_interface: bytes(4),
});
export const ip_mreqn = struct('struct ip_mreqn', {
  imr_multiaddr: bytes(4),
  imr_address: bytes(4),
  imr_ifindex: s32,
});
export const ip_mreq_source = struct('struct ip_mreq_source', {
  imr_multiaddr: bytes(4),
  imr_interface: bytes(4),
  imr_sourceaddr: bytes(4),
});
export const ipv6_mreq = struct('struct ipv6_mreq', {
  ipv6mr_multiaddr: bytes(16),
  ipv6mr_ifindex: s32,
});
/** The addresses in it are whole `sockaddr_storage`s: encode them with the address codec. */
export const group_req = struct('struct group_req', {
  gr_interface: u32,
  gr_group: sockaddr_storage,
});
export const group_source_req = struct('struct group_source_req', {
  gsr_interface: u32,
  gsr_group: sockaddr_storage,
  gsr_source: sockaddr_storage,
});
export const in_pktinfo = struct('struct in_pktinfo', {
  ipi_ifindex: s32,
  ipi_spec_dst: bytes(4),
  ipi_addr: bytes(4),
});
export const in6_pktinfo = struct('struct in6_pktinfo', {
  ipi6_addr: bytes(16),
  ipi6_ifindex: s32,
});
export const ip6_mtuinfo = struct('struct ip6_mtuinfo', { ip6m_addr: sockaddr_in6, ip6m_mtu: u32 });
export const in6_flowlabel_req = struct('struct in6_flowlabel_req', {
  flr_dst: bytes(16),
  flr_label: be32,
  flr_action: u8,
  flr_share: u8,
  flr_flags: u16,
  flr_expires: u16,
  flr_linger: u16,
  __flr_pad: u32,
});

export const sock_extended_err = struct('struct sock_extended_err', {
  ee_errno: u32,
  ee_origin: u8,
  ee_type: u8,
  ee_code: u8,
  ee_pad: u8,
  ee_info: u32,
  ee_data: u32,
});
export const sock_filter = struct('struct sock_filter', { code: u16, jt: u8, jf: u8, k: u32 });
export const sock_fprog = struct('struct sock_fprog', { len: u16, filter: pointer });
export const sock_txtime = struct('struct sock_txtime', { clockid: s32, flags: u32 });
export const so_timestamping = struct('struct so_timestamping', { flags: s32, bind_phc: s32 });
export const tcp_md5sig = struct('struct tcp_md5sig', {
  tcpm_addr: sockaddr_storage,
  tcpm_flags: u8,
  tcpm_prefixlen: u8,
  tcpm_keylen: u16,
  tcpm_ifindex: s32,
  tcpm_key: bytes(80),
});

export const packet_mreq = struct('struct packet_mreq', {
  mr_ifindex: s32,
  mr_type: u16,
  mr_alen: u16,
  mr_address: bytes(8),
});
export const tpacket_stats = struct('struct tpacket_stats', { tp_packets: u32, tp_drops: u32 });
export const tpacket_auxdata = struct('struct tpacket_auxdata', {
  tp_status: u32,
  tp_len: u32,
  tp_snaplen: u32,
  tp_mac: u16,
  tp_net: u16,
  tp_vlan_tci: u16,
  tp_vlan_tpid: u16,
});

const times = { tv_sec: s64Number, tv_nsec: s64Number };
const kernelTimespec = struct('struct __kernel_timespec', times);
/** `SO_TIMESTAMPING_NEW`: software, deprecated, hardware. */
export const scm_timestamping64 = struct('struct scm_timestamping64', {
  ts: array(kernelTimespec, 3),
});

/** TCP_INFO of 6.12. C's bit fields share a byte: `tcpi_wscale` (send low, receive high), `tcpi_bits`. */
export const tcp_info = struct('struct tcp_info', {
  tcpi_state: u8,
  tcpi_ca_state: u8,
  tcpi_retransmits: u8,
  tcpi_probes: u8,
  tcpi_backoff: u8,
  tcpi_options: u8,
  tcpi_wscale: u8,
  tcpi_bits: u8,
  tcpi_rto: u32,
  tcpi_ato: u32,
  tcpi_snd_mss: u32,
  tcpi_rcv_mss: u32,
  tcpi_unacked: u32,
  tcpi_sacked: u32,
  tcpi_lost: u32,
  tcpi_retrans: u32,
  tcpi_fackets: u32,
  tcpi_last_data_sent: u32,
  tcpi_last_ack_sent: u32,
  tcpi_last_data_recv: u32,
  tcpi_last_ack_recv: u32,
  tcpi_pmtu: u32,
  tcpi_rcv_ssthresh: u32,
  tcpi_rtt: u32,
  tcpi_rttvar: u32,
  tcpi_snd_ssthresh: u32,
  tcpi_snd_cwnd: u32,
  tcpi_advmss: u32,
  tcpi_reordering: u32,
  tcpi_rcv_rtt: u32,
  tcpi_rcv_space: u32,
  tcpi_total_retrans: u32,
  tcpi_pacing_rate: u64Number,
  tcpi_max_pacing_rate: u64Number,
  tcpi_bytes_acked: u64Number,
  tcpi_bytes_received: u64Number,
  tcpi_segs_out: u32,
  tcpi_segs_in: u32,
  tcpi_notsent_bytes: u32,
  tcpi_min_rtt: u32,
  tcpi_data_segs_in: u32,
  tcpi_data_segs_out: u32,
  tcpi_delivery_rate: u64Number,
  tcpi_busy_time: u64Number,
  tcpi_rwnd_limited: u64Number,
  tcpi_sndbuf_limited: u64Number,
  tcpi_delivered: u32,
  tcpi_delivered_ce: u32,
  tcpi_bytes_sent: u64Number,
  tcpi_bytes_retrans: u64Number,
  tcpi_dsack_dups: u32,
  tcpi_reord_seen: u32,
  tcpi_rcv_ooopack: u32,
  tcpi_snd_wnd: u32,
  tcpi_rcv_wnd: u32,
  tcpi_rehash: u32,
  tcpi_total_rto: u16,
  tcpi_total_rto_recoveries: u16,
  tcpi_total_rto_time: u32,
});
/** What TCP_INFO says of a connection: tcp(7), include/uapi/linux/tcp.h. */
export type TcpInfo = ValueOf<typeof tcp_info>;
