// SPDX-License-Identifier: GPL-2.0-only
/**
 * Socket options by name and type, for `process.getOption` and `setOption`. Each row is level, number and the
 * form of its value; any other option goes through `getsockopt` and `setsockopt` as bytes.
 */
import * as I from './constants/ip.js';
import * as S from './constants/socket.js';
import { parseIpv4, parseIpv6 } from './ip-address.js';
import { encodeSocketAddress, type SocketAddress } from './socket-address.js';
import type { DataModel } from './struct/data-model.js';
import type { StructType } from './struct/layout.js';
import {
  group_req,
  ip_mreqn,
  ipv6_mreq,
  linger,
  packet_mreq,
  sock_timeval,
  sockaddr_storage,
  tcp_info,
  tpacket_stats,
  ucred,
} from './struct/socket.js';

/** `T` is what is set, `U` what is got. */
export interface SocketOption<T, U = T> {
  readonly level: number;
  readonly name: number;
  /** Room that getting needs. */
  readonly lengthBytes: number;
  /** A value as bytes for setsockopt(2). */
  encode(value: T, model: DataModel): Uint8Array;
  /** The value in bytes of getsockopt(2). */
  decode(bytes: Uint8Array, model: DataModel): U;
}

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const fromUtf8 = new TextDecoder();
const utf8 = new TextEncoder();

function int(level: number, name: number): SocketOption<number> {
  return {
    level,
    name,
    lengthBytes: 4,
    encode(value) {
      if (!Number.isInteger(value))
        throw new TypeError(`an option is an integer, not ${String(value)}`);
      return new Uint8Array(Int32Array.of(value).buffer);
    },
    // Some options answer with one byte when it is enough.
    decode: (bytes) => (bytes.byteLength >= 4 ? viewOf(bytes).getInt32(0, true) : (bytes[0] ?? 0)),
  };
}

function bool(level: number, name: number): SocketOption<boolean> {
  const number = int(level, name);
  return {
    ...number,
    encode: (value, model) => number.encode(value ? 1 : 0, model),
    decode: (bytes, model) => number.decode(bytes, model) !== 0,
  };
}

function structure<T>(level: number, name: number, type: StructType<T>): SocketOption<T> {
  return {
    level,
    name,
    lengthBytes: 512,
    encode: (value, model) => type.encode(value, model),
    decode(bytes, model) {
      // A kernel may know fewer fields: those it does not know are zero.
      const whole = new Uint8Array(Math.max(bytes.byteLength, type.sizeof(model)));
      whole.set(bytes);
      return type.decode(whole, model);
    },
  };
}

function convert<T, U>(
  option: SocketOption<T>,
  to: (value: U) => T,
  from: (value: T) => U,
): SocketOption<U> {
  return {
    ...option,
    encode: (value, model) => option.encode(to(value), model),
    decode: (bytes, model) => from(option.decode(bytes, model)),
  };
}

function text(level: number, name: number): SocketOption<string> {
  return {
    level,
    name,
    lengthBytes: 64,
    encode: (value) => utf8.encode(`${value}\0`),
    decode(bytes) {
      const end = bytes.indexOf(0);
      return fromUtf8.decode(end < 0 ? bytes : bytes.subarray(0, end));
    },
  };
}

/** 0 is no limit. */
function timeout(name: number): SocketOption<number> {
  return convert(
    structure(S.SOL_SOCKET, name, sock_timeval),
    (ns: number) => ({ tv_sec: Math.floor(ns / 1e9), tv_usec: Math.ceil((ns % 1e9) / 1e3) }),
    ({ tv_sec, tv_usec }) => tv_sec * 1e9 + tv_usec * 1e3,
  );
}

function bytes(level: number, name: number, lengthBytes = 512): SocketOption<Uint8Array> {
  return { level, name, lengthBytes, encode: (value) => value, decode: (value) => value };
}

function u64(level: number, name: number): SocketOption<bigint> {
  return {
    level,
    name,
    lengthBytes: 8,
    encode: (value) => new Uint8Array(BigUint64Array.of(value).buffer),
    decode: (value) => viewOf(value).getBigUint64(0, true),
  };
}

/** An IPv4 multicast group on an interface: IP_ADD_MEMBERSHIP, ip(7). */
export interface Ipv4Membership {
  readonly group: string;
  /** The interface, by index or by its address. */
  readonly interfaceIndex?: number;
  readonly interfaceAddress?: string;
}
function ipv4Membership(name: number): SocketOption<Ipv4Membership, never> {
  return {
    ...noGet(I.IPPROTO_IP, name),
    encode: ({ group, interfaceIndex, interfaceAddress }, model) =>
      ip_mreqn.encode(
        {
          imr_multiaddr: parseIpv4(group),
          imr_address: parseIpv4(interfaceAddress ?? '0.0.0.0'),
          imr_ifindex: interfaceIndex ?? 0,
        },
        model,
      ),
  };
}

/** An IPv6 multicast group on an interface: IPV6_JOIN_GROUP, ipv6(7). */
export interface Ipv6Membership {
  readonly group: string;
  readonly interfaceIndex?: number;
}
function ipv6Membership(name: number): SocketOption<Ipv6Membership, never> {
  return {
    ...noGet(I.IPPROTO_IPV6, name),
    encode: ({ group, interfaceIndex }, model) =>
      ipv6_mreq.encode(
        { ipv6mr_multiaddr: parseIpv6(group), ipv6mr_ifindex: interfaceIndex ?? 0 },
        model,
      ),
  };
}

/** A multicast group on an interface, of any family: MCAST_JOIN_GROUP. */
export interface GroupMembership {
  readonly interfaceIndex: number;
  readonly group: SocketAddress;
}
function groupMembership(level: number, name: number): SocketOption<GroupMembership, never> {
  return {
    ...noGet(level, name),
    encode({ interfaceIndex, group }, model) {
      const storage = new Uint8Array(sockaddr_storage.sizeof(model));
      storage.set(encodeSocketAddress(group));
      return group_req.encode(
        { gr_interface: interfaceIndex, gr_group: sockaddr_storage.decode(storage, model) },
        model,
      );
    },
  };
}

function noGet(
  level: number,
  name: number,
): Pick<SocketOption<never, never>, 'level' | 'name' | 'lengthBytes' | 'decode'> {
  return {
    level,
    name,
    lengthBytes: 0,
    decode() {
      throw new TypeError('this option can be set only');
    },
  };
}

const socketLevel = S.SOL_SOCKET;
const lingerOption = convert(
  structure(socketLevel, S.SO_LINGER, linger),
  (seconds: number | undefined) => ({
    l_onoff: seconds === undefined ? 0 : 1,
    l_linger: seconds ?? 0,
  }),
  ({ l_onoff, l_linger }) => (l_onoff === 0 ? undefined : l_linger),
);

export const socketOptions = {
  reuseAddress: bool(socketLevel, S.SO_REUSEADDR),
  reusePort: bool(socketLevel, S.SO_REUSEPORT),
  broadcast: bool(socketLevel, S.SO_BROADCAST),
  keepAlive: bool(socketLevel, S.SO_KEEPALIVE),
  dontRoute: bool(socketLevel, S.SO_DONTROUTE),
  outOfBandInline: bool(socketLevel, S.SO_OOBINLINE),
  acceptsConnections: bool(socketLevel, S.SO_ACCEPTCONN),
  type: int(socketLevel, S.SO_TYPE),
  domain: int(socketLevel, S.SO_DOMAIN),
  protocol: int(socketLevel, S.SO_PROTOCOL),
  /** Reading clears it; positive. */
  error: int(socketLevel, S.SO_ERROR),
  sendBufferBytes: int(socketLevel, S.SO_SNDBUF),
  receiveBufferBytes: int(socketLevel, S.SO_RCVBUF),
  receiveLowWaterBytes: int(socketLevel, S.SO_RCVLOWAT),
  priority: int(socketLevel, S.SO_PRIORITY),
  mark: int(socketLevel, S.SO_MARK),
  bindToDevice: text(socketLevel, S.SO_BINDTODEVICE),
  bindToInterfaceIndex: int(socketLevel, S.SO_BINDTOIFINDEX),
  lingerSeconds: lingerOption,
  receiveTimeoutNs: timeout(S.SO_RCVTIMEO_NEW),
  sendTimeoutNs: timeout(S.SO_SNDTIMEO_NEW),
  timestamp: bool(socketLevel, S.SO_TIMESTAMP_NEW),
  timestampNs: bool(socketLevel, S.SO_TIMESTAMPNS_NEW),
  timestamping: int(socketLevel, S.SO_TIMESTAMPING_NEW),
  passCredentials: bool(socketLevel, S.SO_PASSCRED),
  peerCredentials: structure(socketLevel, S.SO_PEERCRED, ucred),
  cookie: u64(socketLevel, S.SO_COOKIE),
  namespaceCookie: u64(socketLevel, S.SO_NETNS_COOKIE),
  maxPacingRateBytesPerSecond: int(socketLevel, S.SO_MAX_PACING_RATE),
  incomingCpu: int(socketLevel, S.SO_INCOMING_CPU),
  receiveOverflowCount: bool(socketLevel, S.SO_RXQ_OVFL),
  zeroCopy: bool(socketLevel, S.SO_ZEROCOPY),
  peekOffset: int(socketLevel, S.SO_PEEK_OFF),

  ipTimeToLive: int(I.IPPROTO_IP, I.IP_TTL),
  ipTypeOfService: int(I.IPPROTO_IP, I.IP_TOS),
  ipPacketInfo: bool(I.IPPROTO_IP, I.IP_PKTINFO),
  ipReceiveTimeToLive: bool(I.IPPROTO_IP, I.IP_RECVTTL),
  ipReceiveTypeOfService: bool(I.IPPROTO_IP, I.IP_RECVTOS),
  ipReceiveErrors: bool(I.IPPROTO_IP, I.IP_RECVERR),
  ipHeaderIncluded: bool(I.IPPROTO_IP, I.IP_HDRINCL),
  ipFreeBind: bool(I.IPPROTO_IP, I.IP_FREEBIND),
  ipTransparent: bool(I.IPPROTO_IP, I.IP_TRANSPARENT),
  ipMtuDiscover: int(I.IPPROTO_IP, I.IP_MTU_DISCOVER),
  ipMtu: int(I.IPPROTO_IP, I.IP_MTU),
  ipMulticastTimeToLive: int(I.IPPROTO_IP, I.IP_MULTICAST_TTL),
  ipMulticastLoop: bool(I.IPPROTO_IP, I.IP_MULTICAST_LOOP),
  ipMulticastAll: bool(I.IPPROTO_IP, I.IP_MULTICAST_ALL),
  ipAddMembership: ipv4Membership(I.IP_ADD_MEMBERSHIP),
  ipDropMembership: ipv4Membership(I.IP_DROP_MEMBERSHIP),
  ipBindAddressNoPort: bool(I.IPPROTO_IP, I.IP_BIND_ADDRESS_NO_PORT),
  ipLocalPortRange: int(I.IPPROTO_IP, I.IP_LOCAL_PORT_RANGE),
  ipJoinGroup: groupMembership(I.IPPROTO_IP, I.MCAST_JOIN_GROUP),
  ipLeaveGroup: groupMembership(I.IPPROTO_IP, I.MCAST_LEAVE_GROUP),

  ipv6Only: bool(I.IPPROTO_IPV6, I.IPV6_V6ONLY),
  ipv6HopLimit: int(I.IPPROTO_IPV6, I.IPV6_UNICAST_HOPS),
  ipv6TrafficClass: int(I.IPPROTO_IPV6, I.IPV6_TCLASS),
  ipv6ReceivePacketInfo: bool(I.IPPROTO_IPV6, I.IPV6_RECVPKTINFO),
  ipv6ReceiveHopLimit: bool(I.IPPROTO_IPV6, I.IPV6_RECVHOPLIMIT),
  ipv6ReceiveTrafficClass: bool(I.IPPROTO_IPV6, I.IPV6_RECVTCLASS),
  ipv6ReceiveErrors: bool(I.IPPROTO_IPV6, I.IPV6_RECVERR),
  ipv6Checksum: int(I.IPPROTO_IPV6, I.IPV6_CHECKSUM),
  ipv6MulticastInterface: int(I.IPPROTO_IPV6, I.IPV6_MULTICAST_IF),
  ipv6MulticastHops: int(I.IPPROTO_IPV6, I.IPV6_MULTICAST_HOPS),
  ipv6MulticastLoop: bool(I.IPPROTO_IPV6, I.IPV6_MULTICAST_LOOP),
  ipv6JoinGroup: ipv6Membership(I.IPV6_ADD_MEMBERSHIP),
  ipv6LeaveGroup: ipv6Membership(I.IPV6_DROP_MEMBERSHIP),

  tcpNoDelay: bool(I.IPPROTO_TCP, I.TCP_NODELAY),
  tcpCork: bool(I.IPPROTO_TCP, I.TCP_CORK),
  tcpMaxSegmentBytes: int(I.IPPROTO_TCP, I.TCP_MAXSEG),
  tcpKeepIdleSeconds: int(I.IPPROTO_TCP, I.TCP_KEEPIDLE),
  tcpKeepIntervalSeconds: int(I.IPPROTO_TCP, I.TCP_KEEPINTVL),
  tcpKeepCount: int(I.IPPROTO_TCP, I.TCP_KEEPCNT),
  tcpUserTimeoutMs: int(I.IPPROTO_TCP, I.TCP_USER_TIMEOUT),
  tcpDeferAcceptSeconds: int(I.IPPROTO_TCP, I.TCP_DEFER_ACCEPT),
  tcpQuickAck: bool(I.IPPROTO_TCP, I.TCP_QUICKACK),
  tcpCongestion: text(I.IPPROTO_TCP, I.TCP_CONGESTION),
  tcpUpperLayer: text(I.IPPROTO_TCP, I.TCP_ULP),
  tcpFastOpen: int(I.IPPROTO_TCP, I.TCP_FASTOPEN),
  tcpFastOpenConnect: bool(I.IPPROTO_TCP, I.TCP_FASTOPEN_CONNECT),
  tcpNotSentLowWaterBytes: int(I.IPPROTO_TCP, I.TCP_NOTSENT_LOWAT),
  tcpReceivedQueueControl: bool(I.IPPROTO_TCP, I.TCP_INQ),
  tcpInfo: structure(I.IPPROTO_TCP, I.TCP_INFO, tcp_info),

  udpSegmentBytes: int(I.IPPROTO_UDP, I.UDP_SEGMENT),
  udpReceiveOffload: bool(I.IPPROTO_UDP, I.UDP_GRO),
  udpCork: bool(I.IPPROTO_UDP, I.UDP_CORK),

  packetAddMembership: structure(S.SOL_PACKET, S.PACKET_ADD_MEMBERSHIP, packet_mreq),
  packetDropMembership: structure(S.SOL_PACKET, S.PACKET_DROP_MEMBERSHIP, packet_mreq),
  packetAuxiliaryData: bool(S.SOL_PACKET, S.PACKET_AUXDATA),
  /** Reading clears them. */
  packetStatistics: structure(S.SOL_PACKET, S.PACKET_STATISTICS, tpacket_stats),
  packetIgnoreOutgoing: bool(S.SOL_PACKET, S.PACKET_IGNORE_OUTGOING),

  netlinkAddMembership: int(S.SOL_NETLINK, S.NETLINK_ADD_MEMBERSHIP),
  netlinkDropMembership: int(S.SOL_NETLINK, S.NETLINK_DROP_MEMBERSHIP),
  netlinkExtendedAck: bool(S.SOL_NETLINK, S.NETLINK_EXT_ACK),
  netlinkCapAck: bool(S.SOL_NETLINK, S.NETLINK_CAP_ACK),
  netlinkStrict: bool(S.SOL_NETLINK, S.NETLINK_GET_STRICT_CHK),
  netlinkNoOverrunErrors: bool(S.SOL_NETLINK, S.NETLINK_NO_ENOBUFS),
  icmpFilter: bytes(S.SOL_RAW, I.ICMP_FILTER, 4),
  icmpv6Filter: bytes(S.SOL_ICMPV6, I.ICMPV6_FILTER, 32),
} as const;
