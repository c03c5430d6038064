// SPDX-License-Identifier: GPL-2.0-only
/** A netlink socket of a process as the transport of a `NetlinkClient`. */
import { MSG_DONTWAIT, MSG_PEEK, MSG_TRUNC, AF_NETLINK } from '../constants/socket.js';
import { isSystemError } from '../errno.js';
import type { Process } from '../process/process.js';
import type { NetlinkTransport } from './client.js';

const kernel = { family: AF_NETLINK, portId: 0, groups: 0 } as const;
/** What a datagram is received into before it is copied: of all sockets, since nothing waits in between. */
let buffer = new Uint8Array(32 * 1024);

/** Netlink over a socket of a process. It never waits: what is not there is undefined. */
export function netlinkTransport(process: Process, fd: number): NetlinkTransport {
  return {
    send(datagram) {
      process.sendto(fd, datagram, 0, kernel);
    },
    receive() {
      const length = peek(process, fd);
      if (length === undefined) return undefined;
      if (length > buffer.byteLength) buffer = new Uint8Array(length);
      return buffer.slice(0, process.recv(fd, buffer, MSG_DONTWAIT));
    },
  };
}

/** The length of the next datagram; a dump is produced by being asked, so this asks. */
function peek(process: Process, fd: number): number | undefined {
  try {
    return process.recv(fd, new Uint8Array(0), MSG_PEEK | MSG_TRUNC | MSG_DONTWAIT);
  } catch (error) {
    if (isSystemError(error, 'EAGAIN')) return undefined;
    throw error;
  }
}
