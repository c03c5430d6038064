// SPDX-License-Identifier: GPL-2.0-only

/**
 * What goes on in the soak test: connections of many kinds, datagrams, pings, bulk transfers, one connection that is
 * idle all the time. Each is a loop of a program that ends when `Mix.stopping` is set; what it did, it counts.
 */
import type { Os } from '../../src/dce/index.js';
import type { SeededEntropy } from '../../src/host/index.js';
import {
  isSystemError,
  type TcpServer,
  type TcpSocket,
  type UdpSocket,
} from '../../src/posix/index.js';

export const ports = { echo: 7, discard: 9, multipath: 80, closed: 81 } as const;
const bulkBytes = 4 << 20;
const replyPatienceNs = 5e9;
/** A pause ends at most so long after the end of the run has been asked for. */
const longestPauseNs = 30e9;

export class Counts {
  connections = 0;
  resets = 0;
  refused = 0;
  failed = 0;
  datagrams = 0;
  lostDatagrams = 0;
  pings = 0;
  lostPings = 0;
  bulkBytes = 0;
  links = 0;
  namespaces = 0;
  timers = 0;
}

/** What the loops of one run share. */
export interface Mix {
  readonly counts: Counts;
  readonly random: SeededEntropy;
  stopping: boolean;
}

function below(random: SeededEntropy, limit: number): number {
  return Math.floor(random.nextFraction() * limit);
}

/** A pause of a length by chance, `meanNs` on the average. */
export function pause(os: Os, { random }: Mix, meanNs: number): Promise<void> {
  const ns = Math.round(-Math.log(1 - random.nextFraction()) * meanNs);
  return os.sleep(Math.min(ns, longestPauseNs));
}

/** Echoes TCP, MPTCP and UDP, and takes what is only to be taken. */
export async function serve(os: Os): Promise<void> {
  await Promise.all([
    each(os.listen(ports.echo, { backlog: 512 }), echo),
    each(os.listen(ports.multipath, { backlog: 512, multipath: true }), echo),
    each(os.listen(ports.discard), take),
    answer(os.udp(ports.echo)),
  ]);
}

/**
 * A client that resets a connection, and whose only data is lost with its RST, leaves nothing behind that would tell: that
 * is one or none in a million connections.
 */
const searchingForPeer = { idleSeconds: 300, intervalSeconds: 10, count: 9 };

async function each(
  server: TcpServer,
  handle: (socket: TcpSocket) => Promise<void>,
): Promise<void> {
  for await (const socket of server) {
    socket.setKeepAlive(searchingForPeer);
    void handle(socket)
      .catch(expectPeersEnd)
      .finally(() => socket.close());
  }
}

async function echo(socket: TcpSocket): Promise<void> {
  for await (const chunk of socket) await socket.write(chunk);
}

async function take(socket: TcpSocket): Promise<void> {
  for await (const _ of socket);
}

async function answer(socket: UdpSocket): Promise<void> {
  for await (const { data, from } of socket) if (from) await socket.send(data, from);
}

/** What a peer or the path may do to a connection at any time. */
function expectPeersEnd(error: unknown): void {
  const expected = [
    'ECONNRESET',
    'EPIPE',
    'ETIMEDOUT',
    'ENOTCONN',
    'EHOSTUNREACH',
    'ENETUNREACH',
  ] as const;
  if (!expected.some((code) => isSystemError(error, code))) throw error;
}

/** Connects again and again, `intervalNs` apart on the average. */
export async function connectAgainAndAgain(os: Os, mix: Mix, intervalNs: number): Promise<void> {
  const { counts, random } = mix;
  while (!mix.stopping) {
    await pause(os, mix, intervalNs);
    try {
      await connectOnce(os, mix, random.nextFraction());
    } catch (error) {
      expectPeersEnd(error);
      counts.failed++;
    }
    counts.connections++;
  }
}

async function connectOnce(os: Os, { counts, random }: Mix, kind: number): Promise<void> {
  if (kind < 0.05) {
    const refused = await os.connect('server', ports.closed).catch((error: unknown) => error);
    if (!isSystemError(refused, 'ECONNREFUSED')) throw refused;
    counts.refused++;
    return;
  }
  const multipath = kind < 0.1;
  const address = os.resolve('server', { version: kind < 0.3 ? 6 : 4 });
  using socket = await os.connect(address, multipath ? ports.multipath : ports.echo, { multipath });
  if (kind > 0.9) return;
  const sent = new Uint8Array(1 + below(random, 4000)).fill(below(random, 256));
  await socket.write(sent);
  if (kind > 0.8) {
    socket.reset();
    counts.resets++;
    return;
  }
  socket.end();
  const got = await socket.readAll();
  if (Buffer.compare(got, sent) !== 0) throw new Error(`${sent.length} bytes came back changed`);
}

export async function sendDatagrams(os: Os, mix: Mix, intervalNs: number): Promise<void> {
  const { counts, random } = mix;
  const address = os.resolve('server');
  using socket = os.udp();
  void (async () => {
    for await (const _ of socket) counts.lostDatagrams--;
  })();
  while (!mix.stopping) {
    // Half of them are fragments.
    await socket.send(new Uint8Array(1 + below(random, 3000)), { address, port: ports.echo });
    counts.datagrams++;
    counts.lostDatagrams++;
    await pause(os, mix, intervalNs);
  }
  await os.sleep(replyPatienceNs);
}

export async function ping(os: Os, mix: Mix, intervalNs: number): Promise<void> {
  const { counts, random } = mix;
  while (!mix.stopping) {
    const version = random.nextFraction() < 0.5 ? 4 : 6;
    const reply = os.ping('server', { version, timeout: replyPatienceNs });
    await reply.catch(() => counts.lostPings++);
    counts.pings++;
    await pause(os, mix, intervalNs);
  }
}

export async function transfer(os: Os, mix: Mix, intervalNs: number): Promise<void> {
  const block = new Uint8Array(bulkBytes / 16);
  for (let nextNs = os.nowNs + intervalNs; !mix.stopping;) {
    if (os.nowNs < nextNs) {
      await os.sleep(Math.min(nextNs - os.nowNs, longestPauseNs));
      continue;
    }
    nextNs += intervalNs;
    try {
      using socket = await os.connect('server', ports.discard);
      for (let sent = 0; sent < bulkBytes; sent += block.length) await socket.write(block);
      mix.counts.bulkBytes += bulkBytes;
    } catch (error) {
      expectPeersEnd(error);
      mix.counts.failed++;
    }
  }
}

/** One connection from the beginning to the end, kept by keepalive's timers alone; it must still work then. */
export async function stayConnected(os: Os, mix: Mix): Promise<void> {
  using socket = await os.connect('server', ports.echo);
  socket.setKeepAlive({ idleSeconds: 60, intervalSeconds: 10, count: 9 });
  while (!mix.stopping) await os.sleep(longestPauseNs);
  await socket.write('still here');
  socket.end();
  const said = new TextDecoder().decode(await socket.readAll());
  if (said !== 'still here') throw new Error(`the idle connection says '${said}'`);
}
