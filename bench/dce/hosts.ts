// SPDX-License-Identifier: GPL-2.0-only

/** How many hosts one process holds, what each costs, and how soon a scenario can begin. */
import { readFileSync } from 'node:fs';
import { processMemory } from '../lib/memory.js';
import { createSimulation } from './topology.js';

export interface HostsFigures {
  readonly count: number;
  /** Memory of the process for each host, when all have pinged: pages that hosts share count once. */
  readonly bytesPerHost: number;
  /** All of them booted, with addresses and routes. */
  readonly bootSeconds: number;
  /** One echo request of each host, and its reply. */
  readonly pingSeconds: number;
  readonly repliesMissing: number;
}

/** In pairs, each on a link of its own: every host pings its neighbour. */
export async function measureHosts(count: number): Promise<HostsFigures> {
  const bytesBefore = processMemory().pssBytes;
  const startMs = performance.now();
  const simulation = createSimulation();
  for (let index = 0; index < count; index += 2) {
    const [a, b] = simulation.hosts(`h${index}`, `h${index + 1}`);
    simulation.connect(a, b, { rate: '100 Mbit/s', delay: '1 ms' });
  }
  simulation.start();
  const bootSeconds = secondsSince(startMs);
  const pingStartMs = performance.now();
  const { hosts } = simulation.topology;
  let replies = 0;
  for (const [index, host] of hosts.entries()) {
    const neighbour = hosts[index ^ 1]!;
    host.run(async (os) => {
      await os.ping(neighbour.name);
      replies++;
    });
  }
  await simulation.run();
  return {
    count,
    bytesPerHost: Math.round((processMemory().pssBytes - bytesBefore) / count),
    bootSeconds,
    pingSeconds: secondsSince(pingStartMs),
    repliesMissing: count - replies,
  };
}

/** From nothing to the first moment of a scenario of 100 hosts: kernel, boot image, clones, addresses, routes. */
export function measureStart(count: number): number {
  const startMs = performance.now();
  const simulation = createSimulation();
  const hub = simulation.host('router');
  for (let index = 1; index < count; index++) {
    simulation.connect(simulation.host(`h${index}`), hub, { rate: '100 Mbit/s', delay: '1 ms' });
  }
  simulation.start();
  return secondsSince(startMs);
}

/** What the machine could still give without swapping, in bytes; undefined where it does not say. */
export function availableBytes(): number | undefined {
  try {
    const kibibytes = /^MemAvailable:\s+(\d+)/m.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1];
    return kibibytes === undefined ? undefined : Number(kibibytes) * 1024;
  } catch {
    return undefined;
  }
}

function secondsSince(startMs: number): number {
  return (performance.now() - startMs) / 1000;
}
