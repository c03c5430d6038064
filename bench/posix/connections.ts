// SPDX-License-Identifier: GPL-2.0-only

/** Connections over loopback: how many a second are made and closed, and what an idle one takes. */
import { AF_INET, SOCK_STREAM, type Process } from '../../src/posix/index.js';
import type { BenchHost } from './bench-host.js';

const rounds = 5;
const connectionsPerRound = 5000;
/** By then every TIME_WAIT of a round is over. */
const timeWaitNs = 61e9;
const nofile = 7;
/** Linux gives out every other port first; a search for what is left of them takes long. */
const perAddress = 25_000;

export function measureConnections(host: BenchHost): number {
  const { posix } = host;
  let bestPerSecond = 0;
  for (let round = 0; round < rounds; round++) {
    using process = posix.spawn();
    const address = addressOf(1 + round);
    const listener = listen(process, address);
    const startMs = performance.now();
    for (let count = 0; count < connectionsPerRound; count++) {
      const client = process.socket(AF_INET, SOCK_STREAM);
      process.connect(client, address);
      const { fd } = process.accept(listener);
      process.close(client);
      process.close(fd);
    }
    const seconds = (performance.now() - startMs) / 1000;
    bestPerSecond = Math.max(bestPerSecond, connectionsPerRound / seconds);
    host.pass(timeWaitNs);
  }
  return bestPerSecond;
}

export interface IdleFigures {
  readonly connections: number;
  /** Of both ends together, which are in the same host. */
  readonly bytesPerConnection: number;
  readonly connectionsPerSecond: number;
}

/** Makes `connections` with both ends in the host, and leaves them be. */
export function measureIdle(host: BenchHost, connections: number): IdleFigures {
  const { posix } = host;
  posix.sysctl('fs.nr_open', 1_048_576);
  posix.sysctl('fs.file-max', 1_048_576);
  posix.sysctl('net.core.somaxconn', 4096);
  posix.sysctl('net.ipv4.ip_local_port_range', '1024 65535');
  using process = posix.spawn();
  const most = BigInt(connections * 2 + 100);
  process.setLimit(nofile, { soft: most, hard: most });
  const beforeBytes = usedBytes(host);
  const startMs = performance.now();
  for (let made = 0; made < connections;) {
    const address = addressOf(100 + made / perAddress);
    const listener = listen(process, address);
    for (let count = 0; count < perAddress && made < connections; count++, made++) {
      const client = process.socket(AF_INET, SOCK_STREAM);
      process.connect(client, address);
      process.accept(listener);
    }
  }
  const seconds = (performance.now() - startMs) / 1000;
  host.pass(10e9);
  const afterBytes = usedBytes(host);
  return {
    connections,
    bytesPerConnection: Math.round((afterBytes - beforeBytes) / connections),
    connectionsPerSecond: connections / seconds,
  };
}

function addressOf(last: number) {
  return { family: AF_INET, address: `127.0.0.${last}`, port: 6000 } as const;
}

function listen(process: Process, address: ReturnType<typeof addressOf>): number {
  const listener = process.socket(AF_INET, SOCK_STREAM);
  process.bind(listener, address);
  process.listen(listener);
  return listener;
}

/** Of what the kernel has been given by now. */
function usedBytes({ posix, kernel }: BenchHost): number {
  const freeKilobytes = /^MemFree:\s+(\d+) kB/m.exec(posix.readFile('/proc/meminfo'))?.[1];
  return kernel.memory.sizeBytes - Number(freeKilobytes) * 1024;
}
