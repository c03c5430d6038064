// SPDX-License-Identifier: GPL-2.0-only
/**
 * Socket addresses as JavaScript values, and the one place that writes and reads them in the kernel's form. All
 * families keep the family in the first two bytes; nothing here depends on the data model.
 */
import {
  AF_INET,
  AF_INET6,
  AF_NETLINK,
  AF_PACKET,
  AF_UNIX,
  AF_UNSPEC,
} from './constants/socket.js';
import { formatIpv6, ipv4Number, parseIpv6 } from './ip-address.js';
import { lp64 } from './struct/data-model.js';
import { sockaddr_in6, sockaddr_ll, sockaddr_nl } from './struct/socket.js';

/** An IPv4 address and port: ip(7). */
export interface InetAddress {
  readonly family: typeof AF_INET;
  readonly address: string;
  readonly port: number;
}
/** An IPv6 address and port: ipv6(7). */
export interface Inet6Address {
  readonly family: typeof AF_INET6;
  readonly address: string;
  readonly port: number;
  readonly flowInfo?: number;
  /** The interface of a link-local address. */
  readonly scopeId?: number;
}
/** `path` of the file system, or `abstract` (a name of any bytes), or neither for an unnamed socket. */
export interface UnixAddress {
  readonly family: typeof AF_UNIX;
  readonly path?: string;
  readonly abstract?: Uint8Array;
}
/** A netlink port and its groups: netlink(7). */
export interface NetlinkAddress {
  readonly family: typeof AF_NETLINK;
  readonly portId: number;
  readonly groups: number;
}
/** An address of the link layer: packet(7). */
export interface PacketAddress {
  readonly family: typeof AF_PACKET;
  /** An `ETH_P_*` number, in host order. */
  readonly protocol: number;
  readonly interfaceIndex: number;
  readonly hardwareType?: number;
  readonly packetType?: number;
  readonly address?: Uint8Array;
}
/** Dissolves an association. */
export interface UnspecifiedAddress {
  readonly family: typeof AF_UNSPEC;
}
/** Any family, as bytes that begin with the family. */
export interface RawAddress {
  readonly family: 'raw';
  readonly bytes: Uint8Array;
}
/** An address of any family, as calls take and give it. */
export type SocketAddress =
  | InetAddress
  | Inet6Address
  | UnixAddress
  | NetlinkAddress
  | PacketAddress
  | UnspecifiedAddress
  | RawAddress;

/** As `sockaddr_storage`. */
export const socketAddressBytesMax = 128;
const unixPathBytesMax = 108;
const utf8 = new TextEncoder();
const fromUtf8 = new TextDecoder();

/** Writes at `offset`, where `socketAddressBytesMax` bytes are free, and returns the length. */
export function writeSocketAddress(view: DataView, offset: number, address: SocketAddress): number {
  switch (address.family) {
    case AF_INET:
      writeInet(view, offset, address);
      return 16;
    case AF_INET6:
      sockaddr_in6.write(
        view,
        offset,
        {
          sin6_family: AF_INET6,
          sin6_port: port(address.port),
          sin6_flowinfo: address.flowInfo ?? 0,
          sin6_addr: parseIpv6(address.address),
          sin6_scope_id: address.scopeId ?? 0,
        },
        lp64,
      );
      return 28;
    case AF_NETLINK:
      sockaddr_nl.write(
        view,
        offset,
        { nl_family: AF_NETLINK, nl_pad: 0, nl_pid: address.portId, nl_groups: address.groups },
        lp64,
      );
      return 12;
    case AF_PACKET:
      return writePacketAddress(view, offset, address);
    case AF_UNIX:
      return 2 + writeUnixName(view, offset, address);
    case AF_UNSPEC:
      new Uint8Array(view.buffer, view.byteOffset + offset, 16).fill(0);
      return 16;
    case 'raw':
      if (address.bytes.byteLength > socketAddressBytesMax) {
        throw new TypeError(`a socket address has at most ${socketAddressBytesMax} bytes`);
      }
      new Uint8Array(view.buffer, view.byteOffset + offset).set(address.bytes);
      return address.bytes.byteLength;
    default:
      throw new TypeError(
        `not a socket address: family ${String((address as { family?: unknown }).family)}`,
      );
  }
}

const none = new Uint8Array(0);

/** As `sockaddr_in` describes it; written field by field, for this is on the way of every datagram. */
function writeInet(view: DataView, offset: number, { address, port: number }: InetAddress): void {
  const ip = ipv4Number(address);
  if (ip < 0) throw new TypeError(`“${address}” is not an IPv4 address`);
  view.setUint16(offset, AF_INET, true);
  view.setUint16(offset + 2, port(number));
  view.setUint32(offset + 4, ip);
  view.setUint32(offset + 8, 0);
  view.setUint32(offset + 12, 0);
}

function port(value: number): number {
  if (!Number.isInteger(value) || value < 0 || value > 0xffff) {
    throw new TypeError(`port ${String(value)} is not an integer from 0 to 65535`);
  }
  return value;
}

function writePacketAddress(view: DataView, offset: number, address: PacketAddress): number {
  const hardware = address.address ?? none;
  if (hardware.byteLength > 8) throw new TypeError('a packet address has at most 8 bytes');
  sockaddr_ll.write(
    view,
    offset,
    {
      sll_family: AF_PACKET,
      sll_protocol: address.protocol,
      sll_ifindex: address.interfaceIndex,
      sll_hatype: address.hardwareType ?? 0,
      sll_pkttype: address.packetType ?? 0,
      sll_halen: hardware.byteLength,
      sll_addr: hardware,
    },
    lp64,
  );
  return 20;
}

function writeUnixName(view: DataView, offset: number, address: UnixAddress): number {
  view.setUint16(offset, AF_UNIX, true);
  const { path, abstract } = address;
  if (path === undefined && abstract === undefined) return 0;
  const name = abstract === undefined ? utf8.encode(path) : abstract;
  const zero = abstract === undefined ? 0 : 1;
  if (name.byteLength + 1 > unixPathBytesMax) {
    throw new TypeError(`a unix socket’s name has at most ${unixPathBytesMax - 1} bytes`);
  }
  const target = new Uint8Array(view.buffer, view.byteOffset + offset + 2, name.byteLength + 1);
  target[0] = 0;
  target.set(name, zero);
  if (zero === 0) target[name.byteLength] = 0;
  return name.byteLength + 1;
}

/** The address in `length` bytes at `offset`, or undefined when there is none (length 0). */
export function readSocketAddress(
  view: DataView,
  offset: number,
  length: number,
): SocketAddress | undefined {
  if (length < 2) return undefined;
  const family = view.getUint16(offset, true);
  if (family === AF_INET && length >= 16) {
    // The one that is read most: no view of the bytes is made for it.
    const at = offset + 4;
    const address = `${view.getUint8(at)}.${view.getUint8(at + 1)}.${view.getUint8(at + 2)}.${view.getUint8(at + 3)}`;
    return { family: AF_INET, address, port: view.getUint16(offset + 2) };
  }
  const bytes = new Uint8Array(
    view.buffer,
    view.byteOffset + offset,
    Math.min(length, socketAddressBytesMax),
  );
  if (family === AF_INET6 && length >= 24) {
    const flowInfo = view.getUint32(offset + 4);
    const scopeId = length >= 28 ? view.getUint32(offset + 24, true) : 0;
    return {
      family: AF_INET6,
      address: formatIpv6(bytes, 8),
      port: view.getUint16(offset + 2),
      ...(flowInfo !== 0 && { flowInfo }),
      ...(scopeId !== 0 && { scopeId }),
    };
  }
  if (family === AF_UNIX) return readUnixName(bytes.subarray(2));
  if (family === AF_NETLINK && length >= 12) {
    const { nl_pid, nl_groups } = sockaddr_nl.read(view, offset, lp64);
    return { family: AF_NETLINK, portId: nl_pid, groups: nl_groups };
  }
  if (family === AF_PACKET && length >= 12) {
    const fixed = new Uint8Array(20);
    fixed.set(bytes.subarray(0, 20));
    const link = sockaddr_ll.decode(fixed, lp64);
    return {
      family: AF_PACKET,
      protocol: link.sll_protocol,
      interfaceIndex: link.sll_ifindex,
      hardwareType: link.sll_hatype,
      packetType: link.sll_pkttype,
      address: link.sll_addr.slice(0, link.sll_halen),
    };
  }
  return family === AF_UNSPEC ? { family: AF_UNSPEC } : { family: 'raw', bytes: bytes.slice() };
}

function readUnixName(name: Uint8Array): UnixAddress {
  if (name.byteLength === 0) return { family: AF_UNIX };
  if (name[0] === 0) return { family: AF_UNIX, abstract: name.slice(1) };
  const end = name.indexOf(0);
  return { family: AF_UNIX, path: fromUtf8.decode(end < 0 ? name : name.subarray(0, end)) };
}

/** An address as bytes of its own. */
export function encodeSocketAddress(address: SocketAddress): Uint8Array {
  const bytes = new Uint8Array(socketAddressBytesMax);
  return bytes.slice(0, writeSocketAddress(new DataView(bytes.buffer), 0, address));
}

/** The address in bytes of a struct sockaddr; undefined: in none, as of an unnamed peer. */
export function decodeSocketAddress(bytes: Uint8Array): SocketAddress | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return readSocketAddress(view, 0, bytes.byteLength);
}

/** The address and port that an error names. */
export function addressDetails(address: SocketAddress | undefined): {
  address?: string;
  port?: number;
} {
  if (address === undefined) return {};
  switch (address.family) {
    case AF_INET:
    case AF_INET6:
      return { address: address.address, port: address.port };
    case AF_UNIX:
      if (address.path !== undefined) return { address: address.path };
      return address.abstract === undefined
        ? {}
        : { address: `@${fromUtf8.decode(address.abstract)}` };
    default:
      return {};
  }
}
