// SPDX-License-Identifier: GPL-2.0-only

/** One TCP flow between two hosts of this process over an ideal wire: wall time is all that limits it. */
import { transfer } from './transfer.js';
import { Simulation } from '../../src/dce/index.js';
import type { Offload } from '../../src/host/index.js';
import type { Kernel } from '../../src/kernel/index.js';
import type { Link } from '../../src/link/index.js';

export interface TcpFigures {
  readonly bitsPerSecond: number;
  /** MTU-sized frames, acknowledgements included. */
  readonly framesPerSecond: number;
}

const none: Record<Offload, boolean> = {
  sg: false,
  csum: false,
  tso: false,
  uso: false,
  gro: false,
};
const address = '192.0.2.2';
/** Runs of which the best counts: the first ones are what the compiler learns from. */
const runs = 4;

export async function measureTcp(kernel: Kernel, withOffloads: boolean): Promise<TcpFigures> {
  const simulation = new Simulation({ kernel, addresses: 'manual' });
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
  const bytes = withOffloads ? 1e9 : 2e8;
  let best: TcpFigures = { bitsPerSecond: 0, framesPerSecond: 0 };
  for (let run = 0; run < runs; run++) {
    const framesBefore = framesOn(link);
    const startMs = performance.now();
    await simulation.runUntil(transfer(a, b, address, bytes));
    const seconds = (performance.now() - startMs) / 1000;
    const bitsPerSecond = (bytes * 8) / seconds;
    if (bitsPerSecond > best.bitsPerSecond) {
      best = { bitsPerSecond, framesPerSecond: (framesOn(link) - framesBefore) / seconds };
    }
  }
  return best;
}

function framesOn(link: Link): number {
  return link.counters.reduce((sum, { sentFrames }) => sum + sentFrames, 0);
}
