// SPDX-License-Identifier: GPL-2.0-only

/** Two hosts of this process with an ideal wire between them: wall time is all that limits them. */
import { Simulation, type DigestCoverage, type SimulatedHost } from '../../src/dce/index.js';
import type { Offload } from '../../src/host/index.js';
import type { Kernel } from '../../src/kernel/index.js';
import type { Link } from '../../src/link/index.js';

export interface Pair {
  readonly simulation: Simulation;
  readonly a: SimulatedHost;
  readonly b: SimulatedHost;
  readonly link: Link;
  /** Of `b`. */
  readonly address: string;
}

const none: Record<Offload, boolean> = {
  sg: false,
  csum: false,
  tso: false,
  uso: false,
  gro: false,
};
const address = '192.0.2.2';

/** What the two are like. */
export interface PairOptions {
  readonly withOffloads: boolean;
  /** What a simulation keeps of frames for its digest: nothing by default here, since native Linux keeps none. */
  readonly digest?: DigestCoverage;
}

export async function createPair(
  kernel: Kernel,
  { withOffloads, digest = 'none' }: PairOptions,
): Promise<Pair> {
  const simulation = new Simulation({ kernel, addresses: 'manual', digest });
  const [a, b] = [simulation.host('a'), simulation.host('b')];
  const link = simulation.connect(a, b, withOffloads ? {} : { offloads: none });
  for (const [host, own] of [
    [a, '192.0.2.1'],
    [b, address],
  ] as const) {
    host.posix.route.links.change('eth0', { up: true });
    host.posix.route.addresses.add('eth0', `${own}/24`);
  }
  await simulation.run('3 s');
  return { simulation, a, b, link, address };
}
