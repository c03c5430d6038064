// SPDX-License-Identifier: GPL-2.0-only

/** What the examples share: two hosts on a wire, and being a program. */
import { realpathSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { Simulation, type SimulatedHost } from '../src/index.js';

export type Print = (line: string) => void;

/** Gives a host's interface its address, and raises it. */
export function configure(host: SimulatedHost, link: string, address: string): void {
  host.posix.route.links.change(link, { up: true });
  host.posix.route.addresses.add(link, address);
}

/** alice, 192.0.2.1, and bob, 192.0.2.2, ten milliseconds from each other. */
export async function twoHosts() {
  const simulation = new Simulation({ seed: 1, addresses: 'manual' });
  const alice = simulation.host('alice');
  const bob = simulation.host('bob');
  const link = simulation.connect(alice, bob, { delay: '10 ms', rate: '100 Mbit/s' });
  configure(alice, 'eth0', '192.0.2.1/24');
  configure(bob, 'eth0', '192.0.2.2/24');
  return { simulation, alice: alice.posix, bob: bob.posix, link };
}

/** Runs the example if its file is the program that was started. */
export async function start(moduleUrl: string, run: (print: Print) => Promise<void>) {
  const [, program] = process.argv;
  if (program !== undefined && realpathSync(program) === fileURLToPath(moduleUrl)) {
    await run((line) => console.log(line));
  }
}
