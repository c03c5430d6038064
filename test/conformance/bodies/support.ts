// SPDX-License-Identifier: GPL-2.0-only
/** What many bodies need: addresses of the loopback interface, connected pairs, options as integers. */
import {
  AF_INET,
  AF_INET6,
  MSG_DONTWAIT,
  POLLERR,
  POLLHUP,
  POLLIN,
  POLLNVAL,
  POLLOUT,
  POLLPRI,
  POLLRDHUP,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  type Process,
  type ReceivedMessage,
  type SocketAddress,
} from '../../../src/posix/index.js';
import type { Context } from '../body.js';

export const ipv4 = (port: number, address = '127.0.0.1'): SocketAddress => ({
  family: AF_INET,
  address,
  port,
});
export const ipv6 = (port: number, address = '::1', scopeId = 0): SocketAddress => ({
  family: AF_INET6,
  address,
  port,
  ...(scopeId !== 0 && { scopeId }),
});

/** A listening socket at 127.0.0.1. */
export function tcpListener(p: Process, port: number, backlog = 8): number {
  const fd = p.socket(AF_INET, SOCK_STREAM);
  p.bind(fd, ipv4(port));
  p.listen(fd, backlog);
  return fd;
}

/** Two ends of a connection over loopback: `client` connected, `server` accepted. */
export async function tcpPair(
  t: Context,
  port = 4000,
): Promise<{ client: number; server: number; listener: number }> {
  const p = t.process;
  const listener = tcpListener(p, port);
  const client = p.socket(AF_INET, SOCK_STREAM);
  await t.until(p.connectAsync(client, ipv4(port)));
  const { fd: server } = await t.until(p.acceptAsync(listener));
  return { client, server, listener };
}

/** An option of an `int`. */
export function int(p: Process, fd: number, level: number, name: number): number {
  const bytes = p.getsockopt(fd, level, name);
  return new DataView(bytes.buffer, bytes.byteOffset).getInt32(0, true);
}

/** Reads what is there, as text. */
export function readText(p: Process, fd: number, lengthBytes = 4096): string {
  const buffer = new Uint8Array(lengthBytes);
  return text(buffer.subarray(0, p.read(fd, buffer)));
}

export const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

const pollNames = [
  ['IN', POLLIN],
  ['PRI', POLLPRI],
  ['OUT', POLLOUT],
  ['ERR', POLLERR],
  ['HUP', POLLHUP],
  ['NVAL', POLLNVAL],
  ['RDHUP', POLLRDHUP],
] as const;
const interesting = POLLIN | POLLPRI | POLLOUT | POLLRDHUP;

/** What poll says of a descriptor, in words: `IN|OUT`. */
export function polled(p: Process, fd: number): string {
  return eventNames(p.poll([{ fd, events: interesting }])[0] ?? 0);
}

export function eventNames(events: number): string {
  return pollNames
    .filter(([, bit]) => (events & bit) !== 0)
    .map(([name]) => name)
    .join('|');
}

export const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

/** A non-blocking datagram socket at an address, and the port that it got. */
export function bound(
  p: Process,
  local: SocketAddress = ipv4(0),
): { readonly fd: number; readonly port: number } {
  const fd = p.socket(Number(local.family), SOCK_DGRAM | SOCK_NONBLOCK);
  p.bind(fd, local);
  return { fd, port: portOf(p.getsockname(fd)) };
}

export function portOf(address: SocketAddress | undefined): number {
  return address !== undefined && 'port' in address ? address.port : -1;
}

/** The control messages and the data of the next message. */
export function message(
  p: Process,
  fd: number,
  flags = 0,
  lengthBytes = 4096,
): ReceivedMessage & { readonly text: string } {
  const buffer = new Uint8Array(lengthBytes);
  const received = p.recvmsg(fd, { buffers: [buffer], controlBytes: 512 }, flags);
  return { ...received, text: text(buffer.subarray(0, received.length)) };
}

/** What is queued. */
export function drain(
  p: Process,
  fd: number,
): { bytes: Uint8Array; address: SocketAddress | undefined }[] {
  const packets: { bytes: Uint8Array; address: SocketAddress | undefined }[] = [];
  while ((p.poll([{ fd, events: 1 }])[0] ?? 0) !== 0) {
    const buffer = new Uint8Array(2048);
    const { length, address } = p.recvfrom(fd, buffer, MSG_DONTWAIT);
    packets.push({ bytes: buffer.slice(0, length), address });
  }
  return packets;
}
