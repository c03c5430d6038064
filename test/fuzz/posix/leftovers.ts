// SPDX-License-Identifier: GPL-2.0-only

/** Whether a host is as it was: sockets by Linux's own count, objects of its slab caches, free memory. */
import type { FuzzHost, World } from './world.js';

export interface HostState {
  /** Waits that the POSIX layer believes to be under way. */
  readonly waits: number;
  /** /proc/net/sockstat and sockstat6. */
  readonly sockets: string;
  /** Sockets of each protocol, from /proc/net/protocols. */
  readonly protocols: ReadonlyMap<string, number>;
  /** What Linux counts of its memory, in bytes. */
  readonly memory: ReadonlyMap<string, number>;
  /** How much the kernel has been given by now. */
  readonly memoryBytes: number;
}

/** By then no TIME_WAIT, no orphan and no garbage collection is under way. */
const settleNs = 3600e9;

export function settledState(world: World, { posix, kernel }: FuzzHost): HostState {
  world.pass(settleNs);
  posix.writeFile('/proc/sys/vm/drop_caches', '3\n');
  world.pass(1e9);
  return {
    waits: posix.waitCount,
    sockets: posix.readFile('/proc/net/sockstat') + posix.readFile('/proc/net/sockstat6'),
    protocols: protocols(posix.readFile('/proc/net/protocols')),
    memory: memory(posix.readFile('/proc/meminfo')),
    memoryBytes: kernel.memory.sizeBytes,
  };
}

function protocols(text: string): Map<string, number> {
  const rows = text.matchAll(/^(\S+) +\d+ +(\d+) /gm);
  return new Map([...rows].map(([, name, sockets]) => [name!, Number(sockets)]));
}

function memory(meminfo: string): Map<string, number> {
  const counts = [...meminfo.matchAll(/^(\w+):\s+(\d+) kB/gm)];
  return new Map(counts.map(([, name, kilobytes]) => [name!, Number(kilobytes) * 1024]));
}

/** Memory that may be more than before: slabs that are not full, and what Linux keeps for the next time. */
const spareBytes = 512 * 1024;

/** Protocols whose count is not what it says, with the reason; /proc/net/sockstat counts their sockets too. */
const miscounted: Readonly<Record<string, string>> = {
  MPTCP: 'mptcp_listen() adds one at each listen() of a socket, and its end takes off one',
};

/** What there is more of in `after` than in `before`, two states with nothing under way. */
export function leftovers(before: HostState, after: HostState): string[] {
  const found: string[] = [];
  for (const [name, sockets] of after.protocols) {
    const was = before.protocols.get(name) ?? 0;
    if (sockets > was && !(name in miscounted))
      found.push(`${name}: ${was} sockets became ${sockets}`);
  }
  if (after.waits > 0) found.push(`${after.waits} waits are left`);
  const was = before.memory.get('SUnreclaim')!;
  const is = after.memory.get('SUnreclaim')!;
  if (is > was + spareBytes) found.push(`kernel objects: ${was} bytes became ${is}`);
  if (inUse(after) > inUse(before) + spareBytes) {
    found.push(`memory in use: ${inUse(before)} bytes became ${inUse(after)}`);
  }
  if (after.sockets !== before.sockets) found.push(`${before.sockets}became\n${after.sockets}`);
  return found;
}

function inUse({ memory, memoryBytes }: HostState): number {
  return memoryBytes - memory.get('MemFree')! - memory.get('SReclaimable')!;
}
