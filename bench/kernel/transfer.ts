// SPDX-License-Identifier: GPL-2.0-only

/** A transfer to measure: one process sends, another counts what arrives. */
import type { SimulatedHost } from '../../src/dce/index.js';
import {
  AF_INET,
  IPPROTO_MPTCP,
  IPPROTO_SCTP,
  IPPROTO_TCP,
  SOCK_STREAM,
  socketOptions,
  type Process,
} from '../../src/posix/index.js';

/** What carries the stream. */
export type Transport = 'tcp' | 'mptcp' | 'sctp';

export interface Transfer {
  readonly bytes: number;
  /** From the first byte's way to the end of the stream. */
  readonly durationNs: number;
}

const port = 5001;
/** What iperf3 writes and reads at once. */
export const chunkBytes = 128 * 1024;
/** What both sides ask for as SO_SNDBUF and SO_RCVBUF; Linux takes twice as much. Debian’s Linux allows no more. */
export const socketBufferBytes = 212_992;
/** SCTP keeps the bounds of messages, and one must fit into the socket's buffer. */
const messageBytes = 64 * 1024;
const protocols = { tcp: IPPROTO_TCP, mptcp: IPPROTO_MPTCP, sctp: IPPROTO_SCTP };

/** Sends `bytes` from one host to another, which has the address. */
export async function transfer(
  from: SimulatedHost,
  to: SimulatedHost,
  address: string,
  bytes: number,
  transport: Transport,
): Promise<Transfer> {
  const protocol = protocols[transport];
  const receiver = to.posix.spawn();
  const sender = from.posix.spawn();
  try {
    const listener = receiver.socket(AF_INET, SOCK_STREAM, protocol);
    receiver.setOption(listener, socketOptions.reuseAddress, true);
    setBuffers(receiver, listener);
    receiver.bind(listener, { family: AF_INET, address: '0.0.0.0', port });
    receiver.listen(listener);
    const startNs = from.kernel.nowNs;
    const [received] = await Promise.all([
      receive(receiver, listener),
      send(sender, address, bytes, transport),
    ]);
    return { bytes: received, durationNs: to.kernel.nowNs - startNs };
  } finally {
    sender.exit();
    receiver.exit();
  }
}

async function receive(process: Process, listener: number): Promise<number> {
  const { fd } = await process.acceptAsync(listener);
  using buffer = process.allocate(chunkBytes);
  let total = 0;
  for (;;) {
    const length = await process.readAsync(fd, buffer);
    if (length === 0) return total;
    total += length;
  }
}

async function send(
  process: Process,
  address: string,
  bytes: number,
  transport: Transport,
): Promise<void> {
  const socket = process.socket(AF_INET, SOCK_STREAM, protocols[transport]);
  setBuffers(process, socket);
  await process.connectAsync(socket, { family: AF_INET, address, port });
  using chunk = process.allocate(transport === 'sctp' ? messageBytes : chunkBytes);
  for (let left = bytes; left > 0; left -= chunk.byteLength) {
    await process.writeAsync(socket, chunk.subarray(0, Math.min(left, chunk.byteLength)));
  }
  process.close(socket);
}

function setBuffers(process: Process, socket: number): void {
  process.setOption(socket, socketOptions.sendBufferBytes, socketBufferBytes);
  process.setOption(socket, socketOptions.receiveBufferBytes, socketBufferBytes);
}
