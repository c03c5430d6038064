// SPDX-License-Identifier: GPL-2.0-only

/** What a simulation says of itself, and the digest of it. */
import { describe, expect, test } from 'vitest';
import { Simulation, type DigestCoverage } from '../../../src/dce/index.js';
import { bottleneck, transferBytes } from './support.js';

async function run(seed = 1, digest: DigestCoverage = 'headers'): Promise<Simulation> {
  const sim = new Simulation({ seed, digest });
  await sim.runUntil(bottleneck(sim).client);
  return sim;
}

describe('log', () => {
  test('has what programs say, with virtual time and host', async () => {
    const sim = await run();
    const lines = sim.log.lines({ sources: ['program'] });
    expect(lines.map(({ host, text }) => `${host} ${text}`)).toEqual([
      'bob listens',
      `bob has received ${transferBytes} bytes`,
      'alice is done',
    ]);
    expect(lines[0]!.timeNs).toBe(0);
    expect(sim.log.text({ hosts: ['bob'] })).toMatch(
      /^ +0\.000000000 s bob program\.info: listens \{"port":7\}\n/,
    );
  });

  test('has what kernels say, by host and level, and crashes', async () => {
    const sim = new Simulation();
    const [alice] = sim.hosts('alice', 'bob');
    await sim.run('1 s');
    alice.posix.writeFile('/dev/kmsg', '<4>mind the gap\n');
    await sim.run('1 s');
    alice.crash();
    await sim.run('1 s');
    const kernel = sim.log.lines({ sources: ['kernel'], hosts: [alice], level: 'warning' });
    expect(kernel.at(-1)).toMatchObject({ timeNs: 1e9, level: 'warning', text: 'mind the gap' });
    expect(sim.log.lines({ sources: ['fault'] })[0]).toMatchObject({ timeNs: 2e9, host: 'alice' });
  });
});

describe('digest', () => {
  test('is equal for equal runs and differs with the seed, the log and the series', async () => {
    const { digest } = await run();
    expect(digest).toMatch(/^[0-9a-f]{16}$/);
    expect((await run()).digest).toBe(digest);
    expect((await run(2)).digest).not.toBe(digest);
    const said = await run();
    said.log.write(undefined, 'simulation', 'info', 'one line more');
    expect(said.digest).not.toBe(digest);
    const traced = new Simulation();
    traced.trace({ every: '100 ms' });
    await traced.runUntil(bottleneck(traced).client);
    expect(traced.digest).not.toBe(digest);
  });

  test('can be of whole frames, or not be', async () => {
    const whole = await run(1, 'whole');
    expect(whole.digest).not.toBe((await run()).digest);
    expect((await run(1, 'whole')).digest).toBe(whole.digest);
    const none = await run(1, 'none');
    expect(() => none.digest).toThrow('the simulation was made without a digest');
  });

  test('is the same whether anybody looks at frames or not, on an ideal link too', async () => {
    const digests: string[] = [];
    for (const watched of [false, true]) {
      const sim = new Simulation();
      const [alice, bob] = sim.hosts('alice', 'bob');
      const link = sim.connect(alice, bob);
      // As a capture does: frames as the wire carries them.
      if (watched) link.observe({ snapBytes: Infinity, onFrame: () => undefined });
      bob.run(
        async (os) => {
          for await (const socket of os.listen(7)) void socket.echo();
        },
        { name: 'server' },
      );
      const client = alice.run(
        async (os) => {
          using socket = await os.connect('bob', 7);
          await socket.write(new Uint8Array(100_000));
          socket.end();
          return (await socket.readAll()).length;
        },
        { name: 'client' },
      );
      expect(await sim.runUntil(client)).toBe(100_000);
      digests.push(sim.digest);
    }
    expect(digests[1]).toBe(digests[0]);
  });
});
