// SPDX-License-Identifier: GPL-2.0-only

/** One bulk flow between two hosts of this process, by any transport that sends streams. */
import { best } from './best.js';
import { createPair, type PairOptions } from './pair.js';
import { transfer, type Transport } from './transfer.js';
import type { Kernel } from '../../src/kernel/index.js';
import type { Link } from '../../src/link/index.js';

export interface StreamFigures {
  readonly bitsPerSecond: number;
  /** Frames of the wire, acknowledgements included. */
  readonly framesPerSecond: number;
}

export async function measureStream(
  kernel: Kernel,
  transport: Transport,
  options: PairOptions,
): Promise<StreamFigures> {
  const { simulation, a, b, link, address } = await createPair(kernel, options);
  const bytes = options.withOffloads && transport !== 'sctp' ? 1e9 : 2e8;
  const measure = async (): Promise<StreamFigures> => {
    const framesBefore = framesOn(link);
    const startMs = performance.now();
    await simulation.runUntil(transfer(a, b, address, bytes, transport));
    const seconds = (performance.now() - startMs) / 1000;
    return {
      bitsPerSecond: (bytes * 8) / seconds,
      framesPerSecond: (framesOn(link) - framesBefore) / seconds,
    };
  };
  return best(measure, ({ bitsPerSecond }) => bitsPerSecond);
}

function framesOn(link: Link): number {
  return link.counters.reduce((sum, { sentFrames }) => sum + sentFrames, 0);
}
