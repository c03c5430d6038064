// SPDX-License-Identifier: GPL-2.0-only

/** Programs on hosts: their states, results and errors, and why a run ends. */
import { describe, expect, test } from 'vitest';
import { currentProgram, Simulation, type SimulatedHost } from '../../src/index.js';

function pair(options: { delay?: string } = { delay: '10 ms' }) {
  const sim = new Simulation({ seed: 1 });
  const [alice, bob] = sim.hosts('alice', 'bob');
  const link = sim.connect(alice, bob, options);
  return { sim, alice, bob, link };
}

/** An echo server, with floating promises as people write them. */
function serveEcho(host: SimulatedHost) {
  return host.run(async function server(os) {
    for await (const socket of os.listen(7)) void socket.echo();
  });
}

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

describe('a program', () => {
  test('runs at its time, waits on virtual time, and has a result', async () => {
    const { sim, alice, bob } = pair();
    serveEcho(bob);
    const client = alice.run(
      async (os) => {
        const startNs = os.nowNs;
        using socket = await os.connect('bob', 7);
        await socket.write('hello');
        socket.end();
        return { startNs, said: text(await socket.readAll()), at: os.now.toISOString() };
      },
      { name: 'client', at: '2 s' },
    );
    expect(client.state).toBe('scheduled');
    expect(() => client.result).toThrow('alice/client (programs.test.ts:');
    expect(await sim.run()).toMatchObject({ reason: 'resting' });
    expect(client.state).toBe('ended');
    // ARP, the handshake, the data and its echo, at 20 ms a round trip each.
    expect(client.result).toEqual({
      startNs: 2e9,
      said: 'hello',
      at: '2025-01-01T00:00:02.060Z',
    });
  });

  test('that throws ends the run with its name, its line and what it threw', async () => {
    const { sim, alice } = pair();
    const program = alice.run(
      async (os) => {
        await os.sleep('1 s');
        throw new Error('no luck');
      },
      { name: 'unlucky' },
    );
    await expect(sim.run('10 s')).rejects.toThrow(
      /^alice\/unlucky \(programs\.test\.ts:\d+\): no luck$/,
    );
    expect(sim.nowNs).toBe(1e9);
    expect(program.state).toBe('failed');
    expect(() => program.result).toThrow('no luck');
    // It was told of once.
    await sim.run('1 s');
  });

  test('whose outcome somebody waits for fails there, and the run goes on', async () => {
    const { sim, alice } = pair();
    const program = alice.run(async (os) => {
      await os.connect('bob', 7);
    });
    await expect(sim.runUntil(program)).rejects.toMatchObject({
      name: 'ProgramError',
      code: 'ERR_LIBOS_PROGRAM',
      cause: { code: 'ECONNREFUSED' },
    });
    await sim.run('1 s');
  });

  test('that fails in a promise it does not wait for fails, and Node.js does not die of it', async () => {
    const { sim, alice } = pair();
    alice.run(
      async (os) => {
        void (async () => {
          await os.sleep('1 s');
          throw new Error('nobody listens');
        })();
        await os.sleep('1 min');
      },
      { name: 'floating' },
    );
    await expect(sim.run()).rejects.toThrow(/^alice\/floating .*: nobody listens$/);
  });

  test('is told of what fails after its end, but for the end itself', async () => {
    const { sim, alice, bob } = pair();
    bob.run((os) => {
      const server = os.listen(7);
      void server.accept();
      void os.sleep('1 h');
      void os.connect('alice', 8);
      server
        .accept()
        .finally(() => os.process)
        .catch(() => undefined);
    });
    expect((await sim.run()).reason).toBe('ended');
    alice.run(
      (os) => {
        void os.sleep('1 h').catch(() => {
          throw new TypeError('a bug in what tidies up');
        });
      },
      { name: 'untidy' },
    );
    await expect(sim.run()).rejects.toThrow(
      /^alice\/untidy .*: TypeError: a bug in what tidies up$/,
    );
  });

  test('is known wherever its code runs', async () => {
    const { sim, alice, bob } = pair();
    const names: (string | undefined)[] = [];
    for (const host of [alice, bob]) {
      host.run(async function who(os) {
        await os.sleep('1 s');
        await Promise.resolve();
        names.push(currentProgram()?.label);
        os.spawn(() => void names.push(currentProgram()?.label), { name: 'child' });
      });
    }
    await sim.run();
    expect(names).toEqual(['alice/who', 'bob/who', 'alice/child', 'bob/child']);
    expect(currentProgram()).toBeUndefined();
  });

  test('is stopped: what it waits for rejects, its signal aborts, its process goes', async () => {
    const { sim, alice } = pair();
    const seen: string[] = [];
    const program = alice.run(async (os) => {
      os.signal.addEventListener('abort', () => seen.push('abort'));
      try {
        await os.listen(7).accept();
      } catch (error) {
        seen.push((error as { code: string }).code);
      }
    });
    await sim.run('1 s');
    const { posix } = program.os!;
    expect(posix.processes).toHaveLength(1);
    program.stop();
    await sim.run('1 s');
    expect(seen).toEqual(['abort', 'ESRCH']);
    expect(program.state).toBe('stopped');
    expect(posix.processes).toHaveLength(0);
    await expect(program.done).rejects.toThrow('was stopped');
  });

  test('leaves nothing behind on its host', async () => {
    const { sim, alice } = pair();
    alice.run((os) => void os.listen(7));
    await sim.run();
    expect(alice.posix.processes).toHaveLength(0);
    expect(alice.posix.waitCount).toBe(0);
  });

  test('reports copies, and what cannot be copied is an error with its line', async () => {
    const { sim, alice, bob } = pair();
    const value = { at: [1, 2] };
    alice.run((os) => {
      os.report('value', value);
      value.at.push(3);
    });
    bob.run((os) => os.report('value', 'other'), { at: '1 s' });
    await sim.run();
    expect(sim.reports.values('value')).toEqual([{ at: [1, 2] }, 'other']);
    alice.run((os) => os.report('bad', () => undefined));
    await expect(sim.run()).rejects.toThrow(/cannot report bad: it cannot be copied/);
  });

  test('cannot start in the past, and a name is used once', async () => {
    const { sim, alice } = pair();
    await sim.run('2 s');
    expect(() => alice.run(() => undefined, { at: '1 s' })).toThrow(
      /alice\/program: at 1 s is past \(programs\.test\.ts:\d+\)/,
    );
    const names = ['a', 'a', 'a-2'].map((name) => alice.run(() => undefined, { name }).name);
    expect(new Set(names).size).toBe(3);
  });
});

describe('a run without a duration', () => {
  test('ends when every program has', async () => {
    const { sim, alice } = pair();
    alice.run((os) => os.sleep('5 s'));
    expect(await sim.run()).toEqual({ reason: 'ended', nowNs: 5e9, waiting: [] });
  });

  test('says who waits for what when nothing can happen any more', async () => {
    const { sim, alice, bob } = pair();
    bob.run(async function server(os) {
      const socket = await os.listen(7, { address: '0.0.0.0' }).accept();
      await socket.read();
    });
    alice.run(
      async (os) => {
        const socket = await os.connect('bob', 7);
        await socket.read();
      },
      { name: 'client', at: '1 s' },
    );
    const error: unknown = await sim.run().catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'ERR_LIBOS_STALLED' });
    expect((error as Error).message.split('\n').slice(1)).toEqual([
      expect.stringMatching(
        /^ {2}alice\/client \(programs\.test\.ts:\d+\) waits in recv on tcp 10\.0\.1\.1:\d+ > 10\.0\.1\.2:7 since 1\.040 s$/,
      ),
      expect.stringMatching(
        /^ {2}bob\/server \(programs\.test\.ts:\d+\) waits in recv on tcp 10\.0\.1\.2:7 > 10\.0\.1\.1:\d+ since 1\.050 s$/,
      ),
    ]);
  });

  test('is not held up by servers, whether they say so or only wait for clients', async () => {
    const { sim, alice, bob } = pair();
    bob.run(
      async function names(os) {
        for await (const { from } of os.udp(53)) os.log(from!.address);
      },
      { service: true },
    );
    serveEcho(bob);
    alice.run((os) => os.ping('bob'));
    const report = await sim.run();
    expect(report.reason).toBe('resting');
    expect(report.waiting).toEqual([
      expect.stringContaining('bob/names'),
      expect.stringMatching(/^bob\/server .* waits in accept on tcp \[::\]:7 since 0\.000 s$/),
    ]);
  });

  test('waits as long as TCP may still go on', async () => {
    const { sim, alice, link } = pair();
    link.down();
    const program = alice.run(async (os) => {
      const error = await os.connect('bob', 7).catch((reason: unknown) => reason);
      return (error as { code: string }).code;
    });
    await sim.run();
    expect(program.result).toMatch(/EHOSTUNREACH|ETIMEDOUT/);
  });
});

describe('runUntil', () => {
  test('gives a result, and says who waits for what when it takes too long', async () => {
    const { sim, alice, bob } = pair();
    serveEcho(bob);
    const slow = alice.run((os) => os.sleep('1 min'), { name: 'slow' });
    await expect(sim.runUntil(slow, { timeout: '10 s' })).rejects.toThrow(
      /in 10 s of virtual time:\n {2}alice\/slow \(.*\) sleeps since 0\.000 s until 60\.000 s\n {2}bob\/server/,
    );
    expect(sim.nowNs).toBe(10e9);
    await sim.runUntil(slow);
    expect(sim.nowNs).toBe(60e9);
  });

  test('a run within a run, and from a program, is an error', async () => {
    const { sim, alice } = pair();
    alice.run(async () => {
      await sim.run('1 s');
    });
    await expect(sim.run('1 s')).rejects.toThrow('the simulation is running already');
  });

  test('programs that wait for nothing in a loop are a livelock, with a name', async () => {
    const { sim, alice } = pair();
    alice.run(async function spin(os) {
      for (;;) await os.sleep(0);
    });
    await expect(sim.run('1 s')).rejects.toMatchObject({
      code: 'ERR_LIBOS_LIVELOCK',
      message: expect.stringMatching(
        /^time stands still at 0\.0+ s: .*\n {2}alice\/spin \(/,
      ) as string,
    });
  }, 120_000);
});
