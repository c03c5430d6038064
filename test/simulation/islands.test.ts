// SPDX-License-Identifier: GPL-2.0-only

/** Islands that have their turns one after the other: what can be seen of a run is the same, and what can't go on is refused. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Simulation, type Os, type Program } from '../../src/index.js';
import { onNativeForm } from '../helpers/virtual-host.js';

/** Pairs of which one asks and the other answers; no two links are alike. */
function pairs(sim: Simulation, count: number): Program<number>[] {
  return Array.from({ length: count }, (_, pair) => {
    const [asker, answerer] = sim.hosts(`a${pair}`, `b${pair}`);
    sim.connect(asker, answerer, { rate: '10 Mbit/s', delay: `${2 + pair} ms` });
    answerer.run(answer, { name: 'answer', service: true });
    return asker.run((os) => ask(os, answerer.name, 4), { name: 'ask' });
  });
}

async function answer(os: Os): Promise<void> {
  using socket = os.udp(7);
  for (;;) {
    const { data, source } = await socket.receive();
    if (source && 'port' in source) await socket.send(data, source);
  }
}

async function ask(os: Os, peer: string, rounds: number): Promise<number> {
  using socket = os.udp();
  const to = { address: os.resolve(peer), port: 7 };
  for (let round = 0; round < rounds; round++) {
    await socket.send(Uint8Array.of(round), to);
    await socket.receive();
    os.log('answer', { round });
    os.report('round', round);
    await os.sleep('3 ms');
  }
  return os.nowNs;
}

/** What a run leaves behind, island by island and all together. */
async function bothWays<T>(run: (sim: Simulation) => Promise<T>): Promise<[unknown, unknown]> {
  const seen = [];
  for (const isolatedHosts of [true, false]) {
    const sim = new Simulation({ seed: 1, isolatedHosts });
    const heard: string[] = [];
    sim.log.listen(({ timeNs, host, text }) => heard.push(`${timeNs} ${host} ${text}`));
    const result = await run(sim);
    seen.push({
      result,
      heard,
      log: sim.log.text(),
      reports: [...sim.reports],
      digest: sim.digest,
      nowNs: sim.nowNs,
    });
  }
  return seen as [unknown, unknown];
}

describe('islands have their turns one after the other', () => {
  test('each for a long stretch of time', async () => {
    const changes = async (isolatedHosts: boolean): Promise<number> => {
      const sim = new Simulation({ seed: 1, isolatedHosts });
      pairs(sim, 4);
      const order: number[] = [];
      for (const [index, link] of sim.links.entries()) {
        link.observe({ snapBytes: 0, onFrame: () => order.push(index) });
      }
      await sim.run('80 ms');
      return order.filter((index, at) => at > 0 && index !== order[at - 1]).length;
    };
    expect(await changes(true)).toBeLessThan((await changes(false)) / 2);
  });

  test('and a run ends with its programs at the same moment', async () => {
    const [apart, together] = await bothWays(async (sim) => {
      const programs = pairs(sim, 4);
      const report = await sim.run();
      return [report, programs.map(({ result }) => result)];
    });
    expect(apart).toEqual(together);
  });

  test('and a run goes as far as one program', async () => {
    const [apart, together] = await bothWays(async (sim) => {
      const programs = pairs(sim, 4);
      const first = await sim.runUntil(programs[1]!);
      const moment = sim.nowNs;
      return [first, moment, await sim.runUntil(programs[3]!), programs.map(({ state }) => state)];
    });
    expect(apart).toEqual(together);
  });

  test('and the scenario finds all of them at one moment', async () => {
    const [apart, together] = await bothWays(async (sim) => {
      pairs(sim, 3);
      const received = (): number[] =>
        sim.links.map(({ counters }) => counters[0].receivedFrames + counters[1].receivedFrames);
      const seen: unknown[] = [];
      sim.at('11 ms', () => {
        seen.push(sim.nowNs, received());
        sim.topology.hosts[2]!.crash();
      });
      const slept = sim.sleep('20 ms').then(() => {
        seen.push(sim.nowNs, received());
        sim.topology.hosts[2]!.reboot();
      });
      await sim.run('25 ms').catch((error: unknown) => seen.push(String(error)));
      await slept;
      return seen;
    });
    expect(apart).toEqual(together);
  });

  test('also when a link has made one of two', async () => {
    const [apart, together] = await bothWays(async (sim) => {
      const [first] = pairs(sim, 3);
      await sim.run('20 ms');
      const [from, to] = [first!.host, sim.topology.hosts[3]!];
      sim.connect(from, to, { delay: '1 ms' });
      const asked = from.run((os) => ask(os, to.name, 2), { name: 'ask more' });
      await sim.run();
      return asked.result;
    });
    expect(apart).toEqual(together);
  });

  test('and one file of all interfaces has all frames in the order of time', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'libos-islands-'));
    try {
      let runs = 0;
      const [apart, together] = await bothWays(async (sim) => {
        pairs(sim, 3);
        const file = join(folder, `${runs++}.pcapng`);
        const capture = sim.capture({ file });
        await sim.run('30 ms');
        capture[Symbol.dispose]();
        await sim.run('10 ms');
        return readFileSync(file).toString('hex');
      });
      expect(apart).toEqual(together);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('what islands do not allow', () => {
  /** A program that another island's program reaches into. */
  function tied(isolatedHosts: boolean): { sim: Simulation; error: Promise<Error | undefined> } {
    const sim = new Simulation({ seed: 1, isolatedHosts });
    pairs(sim, 2);
    let wake: (() => void) | undefined;
    const woken = new Promise<void>((resolve) => (wake = resolve));
    sim.topology.hosts[2]!.run(
      async (os) => {
        await woken;
        await os.sleep('1 ms');
      },
      { name: 'waits' },
    );
    sim.topology.hosts[0]!.run(
      async (os) => {
        await os.sleep('5 ms');
        wake!();
      },
      { name: 'wakes' },
    );
    const error = sim.run('50 ms').then(
      () => undefined,
      (reason: unknown) => reason as Error,
    );
    return { sim, error };
  }

  test('a promise that programs of two islands share is an error with its name', async () => {
    expect(await tied(false).error).toBeUndefined();
    expect(await tied(true).error).toMatchObject({
      message: expect.stringContaining('a1/waits') as string,
      cause: { code: 'ERR_LIBOS_ISOLATED' },
    });
  });

  test('a program that changes what is not its own, and a run that waits for a promise', async () => {
    const sim = new Simulation({ seed: 1, isolatedHosts: true });
    pairs(sim, 2);
    const [, link] = sim.links;
    sim.topology.hosts[0]!.run(() => link!.down(), { name: 'cuts' });
    await expect(sim.run('5 ms')).rejects.toThrow('a0/cuts changes more than its host');
    await expect(sim.runUntil(Promise.resolve(1))).rejects.toMatchObject({
      code: 'ERR_LIBOS_ISOLATED',
    });
  });

  // There are no snapshots of native kernels.
  if (!onNativeForm) {
    test('to go on when others had gone further than what has failed; a snapshot is from before', async () => {
      const sim = new Simulation({ seed: 1, isolatedHosts: true, snapshots: true });
      pairs(sim, 3);
      await sim.run('5 ms');
      const saved = sim.snapshot();
      const fails = (index: number, at: string): void => {
        sim.topology.hosts[index]!.run(
          () => {
            throw new Error(`failed at ${at}`);
          },
          { name: 'fails', at },
        );
      };
      fails(2, '9 ms');
      fails(4, '8 ms');
      // The first in time, though its island has its turn later.
      await expect(sim.run('20 ms')).rejects.toThrow('failed at 8 ms');
      await expect(sim.run('20 ms')).rejects.toMatchObject({ code: 'ERR_LIBOS_ISOLATED' });
      await sim.restore(saved);
      expect(await sim.run('20 ms')).toMatchObject({ reason: 'time', nowNs: 25e6 });
    });
  }
});
