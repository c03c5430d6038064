// SPDX-License-Identifier: GPL-2.0-only

/** What is measured on each side, by unmodified programs of Debian and in the same way. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cores, hostAddress, onCore, peerAddress, type Side } from './side.js';

/** How long each figure takes. */
export interface Effort {
  readonly seconds: number;
  readonly pings: number;
  /** How often all of it is done; each figure is the best of its turns. */
  readonly turns: number;
}

export interface Throughput {
  readonly sendBitsPerSecond: number;
  readonly receiveBitsPerSecond: number;
}

/** TCP with cubic between an iperf3 on the host and one at the peer, in both directions. */
export async function measureTcp(side: Side, { seconds }: Effort): Promise<Throughput> {
  return {
    sendBitsPerSecond: await iperf(side, seconds, []),
    receiveBitsPerSecond: await iperf(side, seconds, ['--reverse']),
  };
}

async function iperf(side: Side, seconds: number, more: readonly string[]): Promise<number> {
  const server = side.world.start(onCore(cores.peer, ['iperf3', '-s', '-1', '--forceflush']));
  await server.until(/Server listening/);
  try {
    const flow = ['-t', String(seconds), '-C', 'cubic', '--json', ...more];
    return receivedBitsPerSecond(await side.check(['iperf3', '-c', peerAddress, ...flow]));
  } finally {
    await server.stop();
  }
}

export function receivedBitsPerSecond(report: string): number {
  const parsed = JSON.parse(report) as {
    readonly error?: string;
    readonly end: { readonly sum_received?: { readonly bits_per_second: number } };
  };
  const { sum_received: received } = parsed.end;
  if (received === undefined) throw new Error(`iperf3: ${parsed.error ?? report}`);
  return received.bits_per_second;
}

/** The median round trip of ping on the host to the peer, in microseconds. */
export async function measurePingUs(side: Side, { pings }: Effort): Promise<number> {
  const out = await side.check(['ping', '-c', String(pings), '-i', '0.005', peerAddress]);
  const timesMs = [...out.matchAll(/time=([\d.]+) ms/g)].map(([, time]) => Number(time));
  if (timesMs.length < pings) throw new Error(`only ${timesMs.length} of ${pings} pings answered`);
  return median(timesMs) * 1000;
}

/** Requests a second of an nginx on the host, for a file of 612 bytes, by wrk with 16 connections at the peer. */
export async function measureHttp(side: Side, { seconds }: Effort): Promise<number> {
  const { folder } = side.world;
  writeFileSync(join(folder, 'index.html'), 'x'.repeat(612));
  const config = join(folder, 'nginx.conf');
  writeFileSync(config, nginxConfig(folder));
  const server = side.start(['nginx', '-c', config, '-e', 'stderr']);
  try {
    await answers(side);
    const load = ['wrk', '-t1', '-c16', `-d${seconds}s`, `http://${hostAddress}/`];
    const out = await side.world.check(onCore(cores.peer, load), { timeoutMs: 60_000 });
    const failures = /Non-2xx.*|Socket errors.*/.exec(out);
    if (failures !== null) throw new Error(`wrk: ${failures[0]}`);
    return Number(/Requests\/sec: +([\d.]+)/.exec(out)![1]);
  } finally {
    await server.stop('SIGTERM');
  }
}

/** Waits until the host's web server answers. */
async function answers(side: Side): Promise<void> {
  const fetch = ['-s', '-o', '/dev/null', '--retry', '20', '--retry-connrefused'];
  await side.world.check(['curl', ...fetch, '--retry-delay', '1', `http://${hostAddress}/`], {
    timeoutMs: 30_000,
  });
}

function nginxConfig(folder: string): string {
  return `
daemon off;
master_process off;
user root;
pid ${folder}/nginx.pid;
error_log stderr;
events { worker_connections 256; }
http {
  access_log off;
  keepalive_requests 1000000000;
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((kind) => `${kind}_temp_path ${folder}/${kind};`)
    .join(' ')}
  server { listen 80; root ${folder}; }
}
`;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)]!;
}
