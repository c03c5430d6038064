// SPDX-License-Identifier: GPL-2.0-only
/** Forks and their siblings, and what cannot be saved, restored or forked. */
import { describe, expect, test } from 'vitest';
import { Simulation, type SimulatedHost } from '../../../src/dce/index.js';

/** A flow over a bottleneck, and how much of it has arrived. */
function flow(options: { snapshots?: boolean } = {}) {
  const sim = new Simulation({ seed: 3, snapshots: true, ...options });
  const [a, b] = sim.hosts('a', 'b');
  const link = sim.connect(a, b, { rate: '4 Mbit/s', delay: '10 ms', queue: '30 packets' });
  const server = b.run(
    async (os) => {
      let total = 0;
      for await (const socket of os.listen(7)) {
        for await (const chunk of socket) os.report('total', (total += chunk.length));
      }
    },
    { service: true, name: 'server' },
  );
  const client = a.run(
    async (os) => {
      using socket = await os.connect('b', 7);
      for (;;) await socket.write(new Uint8Array(8000));
    },
    { name: 'client' },
  );
  return { sim, a, b, link, server, client };
}
const totalOf = (sim: Simulation): number => sim.reports.values('total').at(-1) as number;

const failure = async (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

describe('forks', () => {
  test('try several futures, each with settings of its own, and leave each other alone', async () => {
    const { sim, link } = flow();
    await sim.run('1 s');
    const snapshot = sim.snapshot();
    const rates = [1, 2, 4, 8];
    const forks = await Promise.all(rates.map(() => snapshot.fork()));
    for (const [index, fork] of forks.entries()) {
      fork.counterpart(link).set({ rate: `${rates[index]!} Mbit/s` });
    }
    await Promise.all(forks.map((fork) => fork.run('1 s')));
    const grown = forks.map((fork) => totalOf(fork) - totalOf(sim));
    for (const [index, bytes] of grown.entries()) {
      expect((bytes * 8) / 1e6 / rates[index]!).toBeGreaterThan(0.7);
      expect((bytes * 8) / 1e6 / rates[index]!).toBeLessThan(1.05);
    }
    expect(sim.nowNs).toBe(1e9);
    const straight = flow().sim;
    await straight.run('2 s');
    await sim.run('1 s');
    expect(sim.digest).toBe(straight.digest);
    expect(forks[2]!.digest).toBe(straight.digest);
  });

  test('with a seed of their own differ where there is chance, and are repeatable', async () => {
    const { sim, link } = flow();
    link.set({ loss: 0.02 });
    await sim.run('500 ms');
    const snapshot = sim.snapshot();
    const digests = [];
    for (const seed of [10, 11, 10]) {
      const fork = await snapshot.fork({ seed });
      expect(fork.seed).toBe(seed);
      await fork.run('1 s');
      digests.push(fork.digest);
    }
    expect(digests[0]).toBe(digests[2]);
    expect(digests[0]).not.toBe(digests[1]);
  });

  test('of forks, with what was built after the first snapshot', async () => {
    const { sim, a, link } = flow();
    await sim.run('300 ms');
    const first = await sim.fork();
    const c = first.host('c');
    first.connect(first.counterpart(a), c, { delay: '1 ms' });
    const asked = c.run((os) => os.resolve('a'));
    await first.run('300 ms');
    const second = await first.fork();
    expect(second.topology.hosts.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
    expect(second.counterpart(asked).result).toBe(asked.result);
    expect(second.counterpart(link)).toBe(second.links[0]);
    await Promise.all([first.run('400 ms'), second.run('400 ms')]);
    expect(second.digest).toBe(first.digest);
    expect(() => sim.counterpart(c)).toThrow(/no counterpart of c/);
    // The first one has not got what its fork has.
    expect(await failure(sim.restore(first.snapshot()))).toMatchObject({
      code: 'ERR_LIBOS_SNAPSHOT',
      message: expect.stringMatching(/host 3 is c, the simulation's none/) as unknown,
    });
  });

  test('know results of programs that had ended, and end those that had not', async () => {
    const sim = new Simulation({ snapshots: true });
    const [a] = sim.hosts('a');
    const early = a.run(() => 'early', { name: 'early' });
    const late = a.run((os) => os.sleep('2 s').then(() => os.nowNs), { name: 'late' });
    const later = a.run((os) => os.nowNs, { name: 'later', at: '3 s' });
    await sim.run('1 s');
    const snapshot = sim.snapshot();
    await sim.run();
    expect([early.result, late.result, later.result]).toEqual(['early', 2e9, 3e9]);
    await sim.restore(snapshot);
    expect([early.state, late.state, later.state]).toEqual(['ended', 'running', 'scheduled']);
    expect(() => late.result).toThrow('has not ended');
    expect(await sim.runUntil(late)).toBe(2e9);
    const fork = await snapshot.fork();
    expect(fork.counterpart(early).result).toBe('early');
    await fork.run();
    expect(fork.counterpart(later).result).toBe(3e9);
  });

  test('have the faults that are under way and to come', async () => {
    const totals = async (sim: Simulation): Promise<string> => {
      await sim.run('2 s');
      return `${sim.digest} ${sim.log.text()}`;
    };
    const build = (): { sim: Simulation; b: SimulatedHost } => {
      const { sim, a, b } = flow();
      sim.faults.partition([a], [b], { from: '800 ms', until: '1200 ms' });
      sim.faults.clockSkew(b, { driftPpm: 1000 }, { from: '900 ms', until: '1500 ms' });
      sim.faults.blackhole(sim.links[0]!, { from: '1600 ms', until: '1700 ms' });
      sim.faults.outage(a, { from: '2200 ms', until: '2300 ms' });
      return { sim, b };
    };
    const straight = build().sim;
    await straight.run('1 s');
    const expected = await failure(totals(straight));
    const { sim } = build();
    await sim.run('1 s');
    const snapshot = sim.snapshot();
    await sim.run('700 ms');
    await sim.restore(snapshot);
    const fork = await snapshot.fork();
    for (const each of [sim, fork]) {
      expect(String(await failure(totals(each)))).toBe(String(expected));
      expect(each.digest).toBe(straight.digest);
      expect(each.log.text()).toBe(straight.log.text());
    }
    expect(straight.log.text()).toMatch(/clock skew of b ends/);
  });

  test('have what work in the real world came to, without doing it again', async () => {
    const sim = new Simulation({ snapshots: true });
    const [a] = sim.hosts('a');
    let done = 0;
    const program = a.run(async (os) => {
      const first = await os.outside(() => Promise.resolve(++done));
      await os.sleep('1 s');
      return [first, await os.outside(() => ++done)];
    });
    await sim.run('500 ms');
    const snapshot = sim.snapshot();
    const fork = await snapshot.fork();
    expect(done).toBe(1);
    await fork.run();
    expect(fork.counterpart(program).result).toEqual([1, 2]);
  });

  test('call callbacks of sim.at with themselves, and refuse those that would reach back', async () => {
    const { sim, link } = flow();
    sim.at('600 ms', (each) => each.counterpart(link).set({ rate: '1 Mbit/s' }));
    await sim.run('500 ms');
    const fork = await sim.fork();
    await fork.run('500 ms');
    expect(fork.links[0]!.forward.options.rate).toBe('1 Mbit/s');
    expect(link.forward.options.rate).toBe('4 Mbit/s');
    sim.at('700 ms', () => link.down());
    expect(await failure(sim.fork())).toMatchObject({
      code: 'ERR_LIBOS_FORK',
      message: expect.stringMatching(/forks\.test\.ts:\d+/) as unknown,
    });
    const ruled = flow();
    ruled.link.rule(() => 'pass');
    expect(String(await failure(ruled.sim.fork()))).toMatch(/link a\.eth0–b\.eth0 has rules/);
  });
});

describe('a program that changes its simulation', () => {
  const changing = () => {
    const all = flow();
    const { sim, a, b, link } = all;
    const program = a.run(
      async (os) => {
        await os.sleep('300 ms');
        link.set({ rate: '2 Mbit/s' });
        const rule = link.forward.rule(() => 'pass');
        b.clock.set({ driftPpm: 100 });
        await os.sleep('100 ms');
        rule[Symbol.dispose]();
        link.down();
        await os.sleep('200 ms');
        link.up();
        await os.sleep('1 s');
        b.crash();
        await os.sleep('1 s');
      },
      { name: 'operator' },
    );
    program.done.catch(() => undefined);
    return { ...all, program, sim };
  };

  test('does so once: not when it is run again', async () => {
    const straight = changing().sim;
    await straight.run('500 ms');
    await straight.run('1 s');
    const { sim, link, b } = changing();
    await sim.run('500 ms');
    const snapshot = sim.snapshot();
    await sim.run('700 ms');
    await sim.restore(snapshot);
    expect([link.isUp, link.forward.options.rate]).toEqual([false, '2 Mbit/s']);
    link.set({ rate: '3 Mbit/s' });
    b.clock.set({ driftPpm: 7 });
    const fork = await snapshot.fork();
    // The fork's programs have been run again, and the first simulation has not noticed.
    expect([link.isUp, link.forward.options.rate, b.clock.driftPpm]).toEqual([
      ...[false, '3 Mbit/s', 7],
    ]);
    expect(fork.counterpart(link).forward.options.rate).toBe('2 Mbit/s');
    expect(fork.counterpart(b).clock.driftPpm).toBe(100);
    await sim.restore(snapshot);
    await sim.run('1 s');
    expect(sim.digest).toBe(straight.digest);
  });

  test('cannot reach from a fork into the first one', async () => {
    const { sim, program } = changing();
    await sim.run('500 ms');
    const fork = await sim.fork();
    await fork.run('200 ms').catch(() => undefined);
    expect(() => fork.counterpart(program).result).toThrow(
      /a\/operator is a program of a fork and reaches into the first simulation/,
    );
    expect(program.state).toBe('running');
  });
});

describe('what cannot be saved or restored is an error', () => {
  test('a snapshot while time passes or inside of a program; in sim.at it can', async () => {
    const { sim, a } = flow();
    const inside = a.run((os) => os.sleep('100 ms').then(() => void sim.snapshot()));
    inside.done.catch(() => undefined);
    let times = 0;
    sim.at('200 ms', (each) => {
      expect(each.snapshot().timeNs).toBe(2e8);
      times++;
    });
    const run = sim.run('300 ms');
    expect(() => sim.snapshot()).toThrow(/something under way/);
    await run;
    expect(times).toBe(1);
    expect(() => inside.result).toThrow(/is a program, and a snapshot is taken outside/);
  });

  test('a program whose calls were not logged, and calls from outside that wait', async () => {
    const { sim } = flow({ snapshots: false });
    await sim.run('100 ms');
    expect(() => sim.snapshot()).toThrow(/\/(server|client) \(forks\.test\.ts:\d+\) is running/);
    const quiet = new Simulation({ seed: 1 });
    const [a] = quiet.hosts('a');
    await quiet.run('100 ms');
    // Without programs nothing has to be logged.
    await quiet.restore(quiet.snapshot());
    void a.posix.service.nanosleep(1e9).catch(() => undefined);
    await quiet.run('1 ms');
    expect(() => quiet.snapshot()).toThrow('a: somebody waits in a call that no program made');
  });

  test('a snapshot soon after another holds little that is new, and a log ends with its program', async () => {
    const { sim, client } = flow();
    await sim.run('200 ms');
    const [first, second] = [sim.snapshot(), sim.snapshot()];
    expect(first.kernelBytes).toBeGreaterThan(100_000);
    expect(second.kernelBytes).toBe(0);
    await sim.run('10 ms');
    expect(sim.snapshot().kernelBytes).toBeLessThan(first.kernelBytes / 2);
    await sim.run('1 s');
    expect(sim.snapshot().logBytes).toBeGreaterThan(second.logBytes);
    client.stop();
    await sim.run('1 s');
    sim.topology.hosts[1]!.programs[0]!.stop();
    expect(sim.snapshot().logBytes).toBe(0);
  });

  test('what belongs to the time before a restore says so', async () => {
    const { sim, a } = flow();
    await sim.run('100 ms');
    const before = a.posix;
    await sim.restore(sim.snapshot());
    expect(() => before.sysctl('net.ipv4.ip_forward')).toThrow(/has gone back to a snapshot/);
    expect(a.posix.sysctl('net.ipv4.ip_forward')).toBe('0');
  });

  test('a program that goes another way, with its name and the two calls', async () => {
    const sim = new Simulation({ snapshots: true });
    const [a] = sim.hosts('a');
    let runs = 0;
    a.run(
      async (os) => {
        if (runs++ === 0) os.udp(1000);
        else os.listen(1000);
        await os.sleep('1 s');
      },
      { name: 'fickle' },
    );
    await sim.run('500 ms');
    const snapshot = sim.snapshot();
    expect(await failure(sim.restore(snapshot))).toMatchObject({
      code: 'ERR_LIBOS_DIVERGED',
      message: expect.stringMatching(
        /program a\/fickle went another way .* was to make socket\(10, .*\), and made socket\(10/,
      ) as unknown,
    });
    expect(await failure(sim.run('1 s'))).toMatchObject({ code: 'ERR_LIBOS_BROKEN' });
    runs = 0;
    await sim.restore(snapshot);
    await sim.run('1 s');
  });

  test('a host whose kernel has died is saved as one that is down', async () => {
    const { sim, a, b } = flow();
    await sim.run('100 ms');
    b.crash();
    await sim.run('100 ms');
    const fork = await sim.fork();
    expect(fork.topology.hosts.map(({ state }) => state)).toEqual(['up', 'down']);
    fork.counterpart(b).reboot();
    await fork.run('100 ms').catch(() => undefined);
    expect(fork.counterpart(b).state).toBe('up');
    expect(b.state).toBe('down');
    expect(a.state).toBe('up');
  });
});
