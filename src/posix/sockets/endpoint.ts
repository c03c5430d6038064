// SPDX-License-Identifier: GPL-2.0-only
/** Addresses as people write them, to and from socket addresses: `{ address: '192.0.2.1', port: 80 }`. */
import { SIOCGIFINDEX } from '../constants/interface.js';
import { AF_INET, AF_INET6, SOCK_DGRAM, AF_UNIX } from '../constants/socket.js';
import { ipVersion } from '../ip-address.js';
import type { Process } from '../process/process.js';
import type { SocketAddress, UnixAddress } from '../socket-address.js';
import { ifreq_int } from '../struct/interface.js';

/** An address, or a host’s name where names are known. An IPv6 address may name its interface: `fe80::1%eth0`. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
}
export interface NamedEndpoint extends Endpoint {
  readonly family: 'IPv4' | 'IPv6';
  /** The interface of a link-local address. */
  readonly interfaceIndex?: number;
}

type InternetAddress = Extract<SocketAddress, { readonly address: string; readonly port: number }>;

export function toSocketAddress(process: Process, { address, port }: Endpoint): InternetAddress {
  const [bare, zone] = splitZone(address);
  switch (ipVersion(bare)) {
    case 4:
      return { family: AF_INET, address: bare, port };
    case 6:
      return {
        family: AF_INET6,
        address: bare,
        port,
        ...(zone !== undefined && { scopeId: interfaceIndex(process, zone) }),
      };
    case 0: {
      const found = process.lookUp(address);
      if (found !== undefined && found !== address) {
        return toSocketAddress(process, { address: found, port });
      }
      throw new TypeError(`“${address}” is not an IP address, and nobody here knows names`);
    }
  }
}

function splitZone(address: string): [string, string | undefined] {
  const at = address.indexOf('%');
  return at < 0 ? [address, undefined] : [address.slice(0, at), address.slice(at + 1)];
}

/** By number or name. */
export function interfaceIndex(process: Process, name: string | number): number {
  if (typeof name === 'number') return name;
  if (/^\d+$/.test(name)) return Number(name);
  const fd = process.socket(AF_UNIX, SOCK_DGRAM);
  try {
    return process.ioctlWith(fd, SIOCGIFINDEX, ifreq_int, { ifr_name: name, ifr_ifindex: 0 })
      .ifr_ifindex;
  } finally {
    process.close(fd);
  }
}

/** Undefined for what has no address and port. */
export function toEndpoint(address: SocketAddress | undefined): NamedEndpoint | undefined {
  if (address?.family === AF_INET)
    return { address: address.address, port: address.port, family: 'IPv4' };
  if (address?.family !== AF_INET6) return undefined;
  return {
    address: address.address,
    port: address.port,
    family: 'IPv6',
    ...(address.scopeId !== undefined && { interfaceIndex: address.scopeId }),
  };
}

/** A path, or with a leading `@` a name outside of the file system. */
export function toUnixAddress(name: string): UnixAddress {
  if (!name.startsWith('@')) return { family: AF_UNIX, path: name };
  return { family: AF_UNIX, abstract: new TextEncoder().encode(name.slice(1)) };
}
