// SPDX-License-Identifier: GPL-2.0-only
/**
 * Structures of the interface ioctls. `struct ifreq` is a name and a union: there is one description for each
 * member in use, all of them as large and as aligned as the whole. Layout only.
 */
import { struct } from './layout.js';
import { be16, be32, bytes, chars, pointer, s16, s32, u16, u32, u8, ulong } from './scalars.js';

export const ifNameBytes = 16;

export const sockaddr = struct('struct sockaddr', { sa_family: u16, sa_data: bytes(14) });
export const ifmap = struct('struct ifmap', {
  mem_start: ulong,
  mem_end: ulong,
  base_addr: u16,
  irq: u8,
  dma: u8,
  port: u8,
});
const whole = struct('struct ifreq', { name: bytes(ifNameBytes), map: ifmap });

const union = { atLeast: [whole], alignedAs: [ulong] };
const ifr_name = chars(ifNameBytes);
export const ifreq_flags = struct('struct ifreq', { ifr_name, ifr_flags: u16 }, union);
/** Index, MTU, metric, queue length and every other member that is an `int`. */
export const ifreq_int = struct('struct ifreq', { ifr_name, ifr_ifindex: s32 }, union);
export const ifreq_addr = struct('struct ifreq', { ifr_name, ifr_addr: sockaddr }, union);
export const ifreq_map = struct('struct ifreq', { ifr_name, ifr_map: ifmap }, union);
export const ifreq_name = struct('struct ifreq', { ifr_name, ifr_newname: ifr_name }, union);
export const ifreq_data = struct('struct ifreq', { ifr_name, ifr_data: pointer }, union);

export const ifconf = struct('struct ifconf', { ifc_len: s32, ifc_buf: pointer });
export const arpreq = struct('struct arpreq', {
  arp_pa: sockaddr,
  arp_ha: sockaddr,
  arp_flags: s32,
  arp_netmask: sockaddr,
  arp_dev: chars(ifNameBytes),
});
export const rtentry = struct('struct rtentry', {
  rt_pad1: ulong,
  rt_dst: sockaddr,
  rt_gateway: sockaddr,
  rt_genmask: sockaddr,
  rt_flags: u16,
  rt_pad2: s16,
  rt_pad3: ulong,
  rt_pad4: pointer,
  rt_metric: s16,
  rt_dev: pointer,
  rt_mtu: ulong,
  rt_window: ulong,
  rt_irtt: u16,
});
export const in6_ifreq = struct('struct in6_ifreq', {
  ifr6_addr: bytes(16),
  ifr6_prefixlen: u32,
  ifr6_ifindex: s32,
});

const iphdr = struct('struct iphdr', {
  version_ihl: u8,
  tos: u8,
  tot_len: be16,
  id: be16,
  frag_off: be16,
  ttl: u8,
  protocol: u8,
  check: be16,
  saddr: bytes(4),
  daddr: bytes(4),
});
export const ip_tunnel_parm = struct(
  'struct ip_tunnel_parm',
  {
    name: chars(ifNameBytes),
    link: s32,
    i_flags: be16,
    o_flags: be16,
    i_key: be32,
    o_key: be32,
    iph: iphdr,
  },
  { alignedAs: [s32] },
);
export const ip6_tnl_parm2 = struct('struct ip6_tnl_parm2', {
  name: chars(ifNameBytes),
  link: s32,
  proto: u8,
  encap_limit: u8,
  hop_limit: u8,
  flowinfo: be32,
  flags: u32,
  laddr: bytes(16),
  raddr: bytes(16),
  i_flags: be16,
  o_flags: be16,
  i_key: be32,
  o_key: be32,
});
export const vlan_ioctl_args = struct('struct vlan_ioctl_args', {
  cmd: s32,
  device1: chars(24),
  VID: s32,
  __rest: bytes(20),
  vlan_qos: s16,
});
export const tun_pi = struct('struct tun_pi', { flags: u16, proto: be16 });
