// SPDX-License-Identifier: GPL-2.0-only

/** A TCP transfer to measure: one process sends, another counts what arrives. */
import type { SimulatedHost } from '../../src/dce/index.js';
import { AF_INET, SOCK_STREAM, socketOptions, type Process } from '../../src/posix/index.js';

export interface Transfer {
  readonly bytes: number;
  /** From the first byte's way to the end of the stream. */
  readonly durationNs: number;
}

const port = 5001;
const chunkBytes = 256 * 1024;

/** Sends `bytes` from one host to another, which has the address. */
export async function transfer(
  from: SimulatedHost,
  to: SimulatedHost,
  address: string,
  bytes: number,
): Promise<Transfer> {
  const receiver = to.posix.spawn();
  const sender = from.posix.spawn();
  try {
    const listener = receiver.socket(AF_INET, SOCK_STREAM);
    receiver.setOption(listener, socketOptions.reuseAddress, true);
    receiver.bind(listener, { family: AF_INET, address: '0.0.0.0', port });
    receiver.listen(listener);
    const startNs = from.kernel.nowNs;
    const [received] = await Promise.all([
      receive(receiver, listener),
      send(sender, address, bytes),
    ]);
    return { bytes: received, durationNs: to.kernel.nowNs - startNs };
  } finally {
    sender.exit();
    receiver.exit();
  }
}

async function receive(process: Process, listener: number): Promise<number> {
  const { fd } = await process.acceptAsync(listener);
  const buffer = new Uint8Array(chunkBytes);
  let total = 0;
  for (;;) {
    const length = await process.readAsync(fd, buffer);
    if (length === 0) return total;
    total += length;
  }
}

async function send(process: Process, address: string, bytes: number): Promise<void> {
  const socket = process.socket(AF_INET, SOCK_STREAM);
  await process.connectAsync(socket, { family: AF_INET, address, port });
  const chunk = new Uint8Array(chunkBytes);
  for (let left = bytes; left > 0; left -= chunkBytes) {
    await process.writeAsync(socket, chunk.subarray(0, Math.min(left, chunkBytes)));
  }
  process.close(socket);
}
