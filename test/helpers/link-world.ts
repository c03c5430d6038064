// SPDX-License-Identifier: GPL-2.0-only

/** What links need of a simulation, without one; and two NICs on a link. */
import { Engine } from '../../src/dce/engine.js';
import { SeededEntropy, type Timeline } from '../../src/host/index.js';
import { FramePool, Link, type LinkOptions, type LinkWorld } from '../../src/link/index.js';
import { MemoryNic } from './memory-nic.js';

export function linkWorld(timeline: Timeline, seed = 1): LinkWorld {
  return {
    frames: new FramePool(),
    entropy: (name) => SeededEntropy.fromSeed(seed, name),
    createScheduler: () => timeline.createScheduler(),
    get nowNs() {
      return timeline.nowNs;
    },
  };
}

export interface TestPair {
  readonly engine: Engine;
  readonly world: LinkWorld;
  readonly a: MemoryNic;
  readonly b: MemoryNic;
  readonly link: Link;
  /** Lets time pass, a second if it is not said how long. */
  readonly run: (durationNs?: number) => Promise<void>;
}

export function linkedNics(options: LinkOptions = {}, seed = 1): TestPair {
  const engine = new Engine(() => Promise.resolve());
  const world = linkWorld(engine, seed);
  const a = new MemoryNic('a', () => engine.nowNs);
  const b = new MemoryNic('b', () => engine.nowNs);
  const link = new Link(world, a, b, options);
  const run = async (durationNs = 1e9): Promise<void> => {
    await engine.run(engine.nowNs + durationNs, () => false);
  };
  return { engine, world, a, b, link, run };
}

/** A frame without headers of its own, of which every byte says how long it is. */
export const filler = (lengthBytes: number): Uint8Array =>
  new Uint8Array(lengthBytes).fill(lengthBytes & 0xff);
