// SPDX-License-Identifier: GPL-2.0-only

/** SCTP over the loopback device: a server that interleaves its messages, and a client that wants them authenticated. */
import {
  AF_INET,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  type Process,
  type SocketAddress,
} from '../../../src/posix/index.js';
import type { VirtualHost } from '../../helpers/virtual-host.js';

const IPPROTO_SCTP = 132;
const options = { authenticatedChunk: 21, fragmentInterleave: 18, interleaving: 125 } as const;
/** The types of chunks that data goes in: DATA, and I-DATA of RFC 8260. */
export const chunks = { data: 0, interleavedData: 64 } as const;
const server: SocketAddress = { family: AF_INET, address: '127.0.0.1', port: 5000 };
const soonNs = 1e8;

/** What a client gets that wants chunks of those types authenticated (RFC 4895), from a server that sends "hello". */
export async function received(
  world: VirtualHost,
  authenticated: readonly number[],
): Promise<string> {
  const { host } = world;
  for (const name of ['auth_enable', 'intl_enable']) host.sysctl(`net.sctp.${name}`, 1);
  const process = host.spawn();
  const listener = interleaving(process);
  process.bind(listener, server);
  process.listen(listener);
  const client = interleaving(process);
  for (const chunk of authenticated) {
    process.setsockopt(client, IPPROTO_SCTP, options.authenticatedChunk, Uint8Array.of(chunk));
  }
  try {
    process.connect(client, server);
  } catch {
    // EINPROGRESS
  }
  await world.pass(soonNs);
  const { fd } = process.accept(listener);
  process.send(fd, 'hello');
  await world.pass(soonNs);
  const buffer = new Uint8Array(100);
  return new TextDecoder().decode(buffer.subarray(0, process.recv(client, buffer)));
}

/** A socket whose messages may be received in pieces, one of this association and one of that. */
function interleaving(process: Process): number {
  const fd = process.socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, IPPROTO_SCTP);
  const set = (option: number, ...values: readonly number[]): void =>
    process.setsockopt(fd, IPPROTO_SCTP, option, new Uint8Array(Uint32Array.from(values).buffer));
  set(options.fragmentInterleave, 2);
  set(options.interleaving, 0, 1);
  return fd;
}
