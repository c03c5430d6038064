// SPDX-License-Identifier: GPL-2.0-only

/** The command line's side of a broker's control socket: one question, one answer. */
import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import { LibosError } from '../../errors.js';
import type { BrokerStatus } from './broker.js';
import { encodeFrame, FrameReader, kinds, type Frame, type Kind } from './protocol.js';
import { hostFile } from './runtime.js';

const answerMsMax = 10_000;

/** Undefined when the host is not up. Throws ERR_LIBOS_BROKER for a broker that does not answer well. */
export async function hostStatus(host: string): Promise<BrokerStatus | undefined> {
  const frame = await ask(host, kinds.STATUS);
  return frame && (JSON.parse(new TextDecoder().decode(frame.payload)) as BrokerStatus);
}

/** Tells a broker to stay; false when the host is not up. */
export async function keepUp(host: string): Promise<boolean> {
  return (await ask(host, kinds.KEEP)) !== undefined;
}

/** Ends a broker and resolves when it has ended: false when the host is not up. */
export async function takeDown(host: string): Promise<boolean> {
  const socket = await connect(host);
  if (!socket) return false;
  const closed = once(socket, 'close');
  socket.resume().write(encodeFrame(kinds.DOWN));
  await closed;
  return true;
}

async function ask(host: string, kind: Kind): Promise<Frame | undefined> {
  const socket = await connect(host);
  if (!socket) return undefined;
  try {
    socket.write(encodeFrame(kind));
    return await answer(socket, host);
  } finally {
    socket.destroy();
  }
}

async function answer(socket: Socket, host: string): Promise<Frame> {
  const reader = new FrameReader();
  for await (const chunk of socket) {
    for (const frame of reader.push(chunk as Uint8Array)) {
      if (frame.kind !== kinds.ERROR) return frame;
      throw brokerError(`host '${host}': ${new TextDecoder().decode(frame.payload)}`);
    }
  }
  throw brokerError(`the broker of host '${host}' closed the connection`);
}

async function connect(host: string): Promise<Socket | undefined> {
  const socket = createConnection(hostFile(host, '.sock'));
  socket.setTimeout(answerMsMax, () =>
    socket.destroy(brokerError(`the broker of host '${host}' does not answer`)),
  );
  try {
    await once(socket, 'connect');
    return socket;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ECONNREFUSED') return undefined;
    throw error;
  }
}

function brokerError(message: string): LibosError {
  return new LibosError('ERR_LIBOS_BROKER', message, {
    hint: 'its log says more: `libos status` tells where that is',
  });
}
