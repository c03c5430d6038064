// SPDX-License-Identifier: GPL-2.0-only

/**
 * A side of the comparison: a host that programs run on, and beside it a peer on the machine's own Linux, joined by
 * one interface. The programs and what serves them have one core, the peer the other.
 */
import { Namespaces, type Running } from './namespaces.js';

/** The programs' core, which is the broker's too, and the peer's. */
export const cores = { host: '0', peer: '1' } as const;

/** Of the peer and the host; the pair between them has the same on every side. */
export const peerAddress = '192.0.2.1';
export const hostAddress = '192.0.2.2';

export interface Side {
  readonly world: Namespaces;
  /** Starts a program on the host. */
  start(command: readonly string[]): Running;
  /** Runs a program on the host to its end, which must be a good one, and returns what it printed. */
  check(command: readonly string[], timeoutMs?: number): Promise<string>;
  close(): Promise<void>;
}

export function onCore(core: string, command: readonly string[]): string[] {
  return ['taskset', '-c', core, ...command];
}

/** The machine's own Linux as the host: a namespace at the other end of a veth pair, with its offloads. */
export async function nativeSide(): Promise<Side> {
  const world = await Namespaces.create();
  const net = 'host';
  await world.addNetwork(net);
  await world.script([
    `ip link add peer0 type veth peer name host0 netns ${world.folder}/net-${net}`,
    `ip addr add ${peerAddress}/24 dev peer0`,
    'ip link set peer0 up',
  ]);
  await world.script([`ip addr add ${hostAddress}/24 dev host0`, 'ip link set host0 up'], { net });
  return {
    world,
    start: (command) => world.start(onCore(cores.host, command), { net }),
    check: (command, timeoutMs = 60_000) =>
      world.check(onCore(cores.host, command), { net, timeoutMs }),
    close: () => world[Symbol.asyncDispose](),
  };
}
