// SPDX-License-Identifier: GPL-2.0-only

/** A direction cut between two workers, and links that are saved and restored, do what one that was left alone does. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { buildFrame } from '../../test/helpers/frames.js';
import { filler, linkedNics, type TestPair } from '../../test/helpers/link-world.js';
import type { RemoteSink } from './world.js';
import type { LinkOptions } from './options.js';

const lossy: LinkOptions = {
  ...{ rate: '20 Mbit/s', delay: '3 ms', queue: '5 packets', loss: 0.05, duplicate: 0.05 },
  ...{ corrupt: { bitErrorRate: 1e-5 }, jitter: { amount: '2 ms', reorder: true } },
  reorder: { probability: 0.1, hold: '1 ms' },
};

const windowNs = 1e6;
const steps = 60;

/** Bursts of plain frames and of frames to be split, the link down for a moment, another delay. */
function act({ a, link }: TestPair, step: number): void {
  if (step === 20) link.down();
  if (step === 21) link.up();
  if (step === 30) link.set({ delay: '4 ms' });
  if (step >= 40) return;
  for (let count = 0; count < step % 4; count++) a.send(filler(60 + step * 10 + count));
  if (step % 5 !== 0) return;
  const { bytes, offloads } = buildFrame({
    ...{ ip: 4, protocol: 'tcp', payload: filler(5000), gsoSize: 1448 },
  });
  a.send(bytes, offloads);
}

describe('a direction in two workers', () => {
  test('delivers the same frames at the same times as in one', async () => {
    const whole = linkedNics(lossy);
    for (let step = 0; step < steps; step++) {
      act(whole, step);
      await whole.run(windowNs);
    }

    const near = linkedNics(lossy);
    const far = linkedNics(lossy);
    const channel: (() => void)[] = [];
    const remote: RemoteSink = {
      send: (direction, arrivalNs, epoch, offloads, bytes) => {
        expect(direction).toBe(0);
        const [copy, left] = [bytes.slice(), { ...offloads }];
        channel.push(() => far.link.forward.acceptRemote(arrivalNs, epoch, left, copy));
      },
    };
    near.link.forward.cutToRemote(remote);
    expect(near.link.forward.lookaheadNs).toBe(1e6);
    for (let step = 0; step < steps; step++) {
      act(near, step);
      // Each side is told of downs and settings at the same virtual time; frames cross at the ends of windows.
      const { isUp, forward } = near.link;
      if (far.link.isUp && !isUp) far.link.down();
      if (!far.link.isUp && isUp) far.link.up();
      far.link.forward.set(forward.options);
      await near.run(windowNs);
      for (const deliver of channel.splice(0)) deliver();
      await far.run(windowNs);
    }
    expect(far.b.received).toEqual(whole.b.received);
    expect(far.b.received.length).toBeGreaterThan(40);
    far.link.forward.setRemoteCounters('sent', near.link.forward.counters);
    near.link.forward.setRemoteCounters('received', far.link.forward.counters);
    expect(far.link.forward.counters).toEqual(whole.link.forward.counters);
    expect(near.link.forward.counters).toEqual(whole.link.forward.counters);
    expect([near.world.frames.frameCount, far.world.frames.frameCount]).toEqual([0, 0]);
  });

  test('needs a delay, which may not become less', () => {
    const remote: RemoteSink = { send: () => undefined };
    expect(() => linkedNics().link.forward.cutToRemote(remote)).toThrow('has no delay');
    const { link } = linkedNics({ delay: '5 ms' });
    link.forward.cutToRemote(remote);
    link.set({ delay: '6 ms' });
    expect(() => link.set({ delay: '4 ms' })).toThrow('must not become less');
    expect(link.forward.options).toEqual({ delay: '6 ms' });
  });
});

describe('the state of a link', () => {
  test('goes on where it was, at any moment', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 59 }), fc.boolean(), async (moment, traced) => {
        const options: LinkOptions = traced
          ? { trace: [1, 1, 2, 7], loss: { gilbertElliott: { loss: 0.2, burst: 3 } } }
          : { ...lossy, loss: [0.05, { every: 7 }, (frame) => frame.lengthBytes === 121] };
        const pair = linkedNics(options);
        let saved = (): void => undefined;
        const go = async (from: number): Promise<unknown> => {
          for (let step = from; step < steps; step++) {
            if (from === 0 && step === moment) saved = save(pair);
            act(pair, step);
            await pair.run(windowNs);
          }
          const { a, b, link, world } = pair;
          const { frameCount } = world.frames;
          return structuredClone([b.received, a.completedNs, link.forward.counters, frameCount]);
        };
        const expected = await go(0);
        saved();
        expect(await go(moment)).toEqual(expected);
      }),
      { numRuns: 12, seed: 9 },
    );
  });

  test('of a predicate that the link never had is an error', () => {
    const saved = linkedNics({ loss: () => true }).link.saveState();
    const other = linkedNics({ delay: '1 ms' });
    expect(() => other.link.restoreState(structuredClone(saved))).toThrow(
      'loses frames by a predicate that this one was never given',
    );
  });

  test('does not know what was drawn since', async () => {
    const pair = linkedNics({ delay: '1 ms' });
    const restore = save(pair);
    const losses = async (): Promise<number[]> => {
      pair.link.set({ loss: 0.5 });
      for (let length = 60; length < 90; length++) pair.a.send(filler(length));
      await pair.run();
      return pair.b.received.map(({ bytes }) => bytes.length);
    };
    const first = await losses();
    restore();
    expect(await losses()).toEqual(first);
  });

  test('brings back settings and carrier', async () => {
    const { a, b, link, run } = linkedNics({ delay: '1 ms' });
    const saved = structuredClone(link.saveState());
    link.set({ delay: '9 ms', loss: 1 });
    link.down();
    link.restoreState(saved);
    a.send(filler(60));
    await run();
    expect([link.isUp, b.received[0]?.timeNs]).toEqual([true, 1e6]);
  });
});

/** Saves all of it, NICs included; the result brings it back, through a structured clone. */
function save({ engine, world, link, a, b }: TestPair): () => void {
  const state = structuredClone({
    engine: engine.saveState(),
    pool: world.frames.saveState(),
    link: link.saveState(),
    nics: [a.saveState(), b.saveState()],
  });
  return () => {
    engine.restoreState(state.engine);
    world.frames.restoreState(state.pool);
    link.restoreState(state.link);
    a.restoreState(state.nics[0]);
    b.restoreState(state.nics[1]);
  };
}
