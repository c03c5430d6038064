// SPDX-License-Identifier: GPL-2.0-only

/** Whether a host is as it was: sockets by Linux's own count, objects of its slab caches, free memory. */
import type { FuzzHost, World } from './world.js';

export interface HostState {
  /** The lines of /proc/net/sockstat and sockstat6. */
  readonly sockets: string;
  /** Sockets of each protocol, from /proc/net/protocols. */
  readonly protocols: string;
  /** What Linux counts of its memory, in bytes. */
  readonly memory: ReadonlyMap<string, number>;
}

/** By then no TIME_WAIT, no orphan and no garbage collection is under way. */
const settleNs = 3600e9;

export function settledState(world: World, { posix }: FuzzHost): HostState {
  world.pass(settleNs);
  posix.writeFile('/proc/sys/vm/drop_caches', '3\n');
  world.pass(1e9);
  return {
    sockets: posix.readFile('/proc/net/sockstat') + posix.readFile('/proc/net/sockstat6'),
    protocols: protocols(posix.readFile('/proc/net/protocols')),
    memory: memory(posix.readFile('/proc/meminfo')),
  };
}

function protocols(text: string): string {
  return text
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const [name, , sockets, memory] = line.split(/\s+/);
      return name === undefined || name === '' ? [] : [`${name} ${sockets!} ${memory!}`];
    })
    .join('\n');
}

function memory(meminfo: string): Map<string, number> {
  const counts = [...meminfo.matchAll(/^(\w+):\s+(\d+) kB/gm)];
  return new Map(counts.map(([, name, kilobytes]) => [name!, Number(kilobytes) * 1024]));
}

export function leftovers(before: HostState, after: HostState): string[] {
  const found: string[] = [];
  if (after.sockets !== before.sockets) found.push(`${before.sockets}\n became\n${after.sockets}`);
  if (after.protocols !== before.protocols)
    found.push(`${before.protocols}\n became\n${after.protocols}`);
  for (const [name, bytes] of after.memory) {
    const was = before.memory.get(name) ?? 0;
    if (bytes !== was) found.push(`${name}: ${was} became ${bytes}`);
  }
  return found;
}
