// SPDX-License-Identifier: GPL-2.0-only

/**
 * A program's socket has one inode in the library and another on the machine, by which ss, netstat and lsof find in
 * /proc/PID/fd whose it is. So where the library tells of sockets, in answers of sock_diag and in the lists of
 * /proc/net, programs get the machine's; 0, as for a socket of no process, where none of them has it.
 */
import { AF_INET, AF_INET6, AF_NETLINK, AF_PACKET } from '../../posix/index.js';

/** From the library's inodes to the machine's. */
export type Inodes = ReadonlyMap<number, number>;

const headerBytes = 16;
/** TCPDIAG_GETSOCK, DCCPDIAG_GETSOCK, SOCK_DIAG_BY_FAMILY. */
const typesOfSockets = new Set([18, 19, 20]);
const AF_XDP = 44;
/** Where the structure of a family, which begins with it, has the inode. Unix sockets are none of the library's. */
const inodeAt: ReadonlyMap<number, number> = new Map([
  [AF_INET, 68],
  [AF_INET6, 68],
  [AF_NETLINK, 16],
  [AF_PACKET, 4],
  [AF_XDP, 4],
]);

/** Puts the machine's inodes into messages of sock_diag, of which the last may be cut off. */
export function renumberMessages(bytes: Uint8Array, inodes: Inodes): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at + headerBytes < bytes.length;) {
    const length = view.getUint32(at, true);
    const end = Math.min(at + length, bytes.length);
    if (length < headerBytes) return;
    const offset = inodeAt.get(bytes[at + headerBytes]!);
    if (offset !== undefined && typesOfSockets.has(view.getUint16(at + 4, true))) {
      const place = at + headerBytes + offset;
      if (place + 4 <= end)
        view.setUint32(place, inodes.get(view.getUint32(place, true)) ?? 0, true);
    }
    at += Math.ceil(length / 4) * 4;
  }
}

/** By the list's name: which column, from 0, is the inode. */
const columns: ReadonlyMap<string, number> = new Map([
  ...['tcp', 'tcp6', 'udp', 'udp6', 'udplite', 'udplite6', 'raw', 'raw6', 'icmp', 'icmp6'].map(
    (name) => [name, 9] as const,
  ),
  ['packet', 8],
  ['netlink', 9],
]);

/** Whether a file of the library's is a list of sockets. */
export function isSocketList(path: string): boolean {
  return path.startsWith('/proc/net/') && columns.has(path.slice('/proc/net/'.length));
}

/** The same for such a list. */
export function renumberList(path: string, text: string, inodes: Inodes): string {
  const column = columns.get(path.slice('/proc/net/'.length))!;
  const cell = new RegExp(`^(\\s*(?:\\S+\\s+){${column}})(\\d+)`);
  const [title = '', ...lines] = text.split('\n');
  const renumbered = lines.map((line) =>
    line.replace(
      cell,
      (_, before: string, inode: string) => `${before}${inodes.get(Number(inode)) ?? 0}`,
    ),
  );
  return [title, ...renumbered].join('\n');
}
