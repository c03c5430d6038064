// SPDX-License-Identifier: GPL-2.0-only
/** A descriptor in words, for whoever tells what a program waits for: "tcp 10.0.0.1:7". */
import {
  AF_INET,
  AF_INET6,
  AF_NETLINK,
  AF_PACKET,
  AF_UNIX,
  SOCK_DGRAM,
  SOCK_STREAM,
} from '../constants/socket.js';
import { socketOptions } from '../socket-options.js';
import type { SocketAddress } from '../socket-address.js';
import type { Process } from './process.js';

/** Context: no call of the process is being made. A descriptor that is not open gives its number alone. */
export function describeFile(process: Process, fd: number): string {
  const attempt = <T>(call: () => T): T | undefined => {
    try {
      return call();
    } catch {
      // What cannot be said is left out: this is only a description.
      return undefined;
    }
  };
  const family = attempt(() => process.getOption(fd, socketOptions.domain));
  if (family === undefined) return attempt(() => fileName(process, fd)) ?? `descriptor ${fd}`;
  const type = attempt(() => process.getOption(fd, socketOptions.type));
  const local = attempt(() => process.getsockname(fd));
  const peer = attempt(() => process.getpeername(fd));
  const ends = [local, peer].map((end) => (end ? addressText(end) : '')).filter((text) => text);
  return [kindOf(family, type), ends.join(' > ')].filter((text) => text).join(' ');
}

function fileName(process: Process, fd: number): string {
  return process.readlink(`/proc/self/fd/${fd}`);
}

function kindOf(family: number, type: number | undefined): string {
  if (family === AF_UNIX) return 'unix';
  if (family === AF_NETLINK) return 'netlink';
  if (family === AF_PACKET) return 'packet';
  if (family !== AF_INET && family !== AF_INET6) return `socket of family ${family}`;
  if (type === SOCK_STREAM) return 'tcp';
  return type === SOCK_DGRAM ? 'udp' : 'raw';
}

function addressText(address: SocketAddress): string {
  if ('address' in address && 'port' in address) {
    const text = address.address.replace(/^::ffff:(?=\d+\.)/, '');
    return text.includes(':')
      ? `[${text}]:${String(address.port)}`
      : `${text}:${String(address.port)}`;
  }
  return 'path' in address && typeof address.path === 'string' ? address.path : '';
}
