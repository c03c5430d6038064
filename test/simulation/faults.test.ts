// SPDX-License-Identifier: GPL-2.0-only

/** Faults between real hosts: what gets through and what does not, while they last and after. */
import { describe, expect, test } from 'vitest';
import { Simulation, type Os } from '../../src/dce/index.js';

/** Whether a ping of another host gets an answer. */
const reaches = (os: Os, host: string, version: 4 | 6 = 4): Promise<boolean> =>
  os.ping(os.resolve(host, { version }), { timeout: '500 ms' }).then(
    () => true,
    () => false,
  );

/** a – r – b, and c beside b on r. */
function routed() {
  const sim = new Simulation({ seed: 3 });
  const [a, r, b, c] = sim.hosts('a', 'r', 'b', 'c');
  const links = [a, b, c].map((host) => sim.connect(host, r, { delay: '1 ms' }));
  return { sim, a, r, b, c, links };
}

type Routed = ReturnType<typeof routed>;

/** Who reaches whom: "ab" is a to b. */
async function reachable({ sim, a, b, c }: Routed, version: 4 | 6 = 4): Promise<string> {
  const pairs = [a, b, c].flatMap((from) =>
    [a, b, c].filter((to) => to !== from).map((to) => [from, to] as const),
  );
  const results: string[] = [];
  for (const [from, to] of pairs) {
    const program = from.run((os) => reaches(os, to.name, version));
    if (await sim.runUntil(program)) results.push(from.name + to.name);
  }
  return results.join(' ');
}

const everybody = 'ab ac ba bc ca cb';

describe('partitions', () => {
  test.each([4, 6] as const)('keep two groups apart, and nobody else (IPv%i)', async (version) => {
    const net = routed();
    await net.sim.run('2 s');
    {
      using split = net.sim.faults.partition([net.a], [net.b]);
      expect(split.active).toBe(true);
      expect(await reachable(net, version)).toBe('ac bc ca cb');
    }
    expect(await reachable(net, version)).toBe(everybody);
  });

  test('work on a switch, address resolution included', async () => {
    const sim = new Simulation({ seed: 3 });
    const lan = sim.switch('lan');
    const [a, b, c] = sim.hosts('a', 'b', 'c');
    for (const host of [a, b, c]) sim.connect(host, lan, { delay: '100 us' });
    const net = { sim, a, b, c } as unknown as Routed;
    expect(await reachable(net)).toBe(everybody);
    const split = sim.faults.partition([a], [b, c]);
    expect(await reachable(net)).toBe('bc cb');
    split[Symbol.dispose]();
    expect(await reachable(net)).toBe(everybody);
  });

  test('one way lose only what goes that way', async () => {
    const { sim, a, b } = routed();
    const got: string[] = [];
    for (const host of [a, b]) {
      host.run(async (os) => {
        const socket = os.udp(9);
        for await (const { data } of socket)
          got.push(`${host.name} ${Buffer.from(data).toString()}`);
      });
    }
    const send = (from: typeof a, to: typeof b) =>
      from.run(async (os) => {
        using socket = os.udp();
        await socket.send('hello', { address: os.resolve(to.name), port: 9 });
      });
    using _oneWay = sim.faults.partition([a], [b], { oneWay: true });
    send(a, b);
    send(b, a);
    await sim.run('1 s');
    expect(got).toEqual(['a hello']);
  });

  test('need two sides', () => {
    const { sim, a, b } = routed();
    expect(() => sim.faults.partition([a, b], [b])).toThrow('b is on both sides');
    expect(() => sim.faults.partition([], [b])).toThrow('a side is empty');
  });
});

describe('faults in time', () => {
  test('begin and end when they say, and are in the log', async () => {
    const { sim, a, b } = routed();
    const program = a.run(async (os) => {
      const results: boolean[] = [];
      for (let second = 0; second < 6; second++) {
        results.push(await reaches(os, 'b'));
        await os.sleep(`${(second + 1) * 1000 - os.nowNs / 1e6} ms`);
      }
      return results;
    });
    sim.faults.partition([a], [b], { from: '1.5 s', until: '3.5 s' });
    expect(await sim.runUntil(program)).toEqual([true, true, false, false, true, true]);
    const lines = sim.log.lines({ sources: ['fault'] });
    expect(lines.map(({ timeNs, text }) => `${timeNs / 1e6} ${text}`)).toEqual([
      '1500 partition a | b begins',
      '3500 partition a | b ends',
    ]);
    expect(() => sim.faults.blackhole(a, { from: '1 s' })).toThrow('would end before it can begin');
    expect(() => sim.faults.blackhole(a, { from: '20 s', until: '19 s' })).toThrow('before');
  });

  test('one that is disposed of before its time never begins', async () => {
    const net = routed();
    net.sim.faults.blackhole(net.a, { from: '10 ms' })[Symbol.dispose]();
    expect(await reachable(net)).toBe(everybody);
  });
});

describe('black holes', () => {
  test('swallow a host’s frames, and its carrier stays', async () => {
    const net = routed();
    {
      using _hole = net.sim.faults.blackhole(net.b);
      expect(await reachable(net)).toBe('ac ca');
      expect(net.b.posix.readFile('/sys/class/net/eth0/carrier').trim()).toBe('1');
    }
    expect(await reachable(net)).toBe(everybody);
  });

  test('are in a link or in one direction', async () => {
    const net = routed();
    const [link] = net.links;
    {
      using _hole = net.sim.faults.blackhole(link!);
      expect(await reachable(net)).toBe('bc cb');
    }
    using _hole = net.sim.faults.blackhole(link!.backward);
    expect(await reachable(net)).toBe('bc cb');
    expect(link!.forward.counters.droppedByRule).toBeGreaterThan(0);
    expect(link!.backward.counters.droppedByRule).toBeGreaterThan(0);
  });
});

describe('reset connections', () => {
  test.each([4, 6] as const)('end with ECONNRESET at both ends (IPv%i)', async (version) => {
    const { sim, a, b } = routed();
    await sim.run('2 s');
    const server = b.run(async (os) => {
      const address = version === 4 ? '0.0.0.0' : '::';
      for await (const socket of os.listen(7, { address })) {
        try {
          for await (const chunk of socket) await socket.write(chunk);
          return 'closed';
        } catch (error) {
          return (error as NodeJS.ErrnoException).code;
        }
      }
      return 'nobody came';
    });
    const client = a.run(async (os) => {
      const socket = await os.connect(os.resolve('b', { version }), 7);
      try {
        for (;;) {
          await socket.write('ping');
          await socket.read();
          await os.sleep('100 ms');
        }
      } catch (error) {
        return `${(error as NodeJS.ErrnoException).code} at ${Math.floor(os.nowNs / 1e8)}`;
      }
    });
    sim.faults.resetConnections({ of: a, with: b, port: 7, from: '3.05 s', until: '3.5 s' });
    expect(await sim.runUntil(client)).toMatch(/^ECONNRESET at 3[01]$/);
    expect(await sim.runUntil(server)).toBe('ECONNRESET');
  });

  test('refuse new ones meanwhile, and leave others alone', async () => {
    const { sim, a, b } = routed();
    for (const port of [7, 8]) {
      b.run(async (os) => {
        for await (const socket of os.listen(port)) void socket.echo();
      });
    }
    using _fault = sim.faults.resetConnections({ of: a, port: 7 });
    const connect = (port: number) =>
      a.run(async (os) => {
        await os.sleep('100 ms');
        try {
          using socket = await os.connect('b', port);
          await socket.write('x');
          return (await socket.read())?.length;
        } catch (error) {
          return (error as NodeJS.ErrnoException).code;
        }
      });
    expect(await sim.runUntil(connect(7))).toBe('ECONNREFUSED');
    expect(await sim.runUntil(connect(8))).toBe(1);
  });
});

describe('hosts', () => {
  test('are out and come back', async () => {
    const net = routed();
    expect(await reachable(net)).toBe(everybody);
    const gone = net.sim.faults.outage(net.b);
    expect(await reachable({ ...net, b: net.c }).then((text) => text.includes('ac'))).toBe(true);
    const program = net.a.run((os) => reaches(os, 'b'));
    expect(await net.sim.runUntil(program)).toBe(false);
    gone[Symbol.dispose]();
    expect(await reachable(net)).toBe(everybody);
  });

  test('have clocks that are wrong for a while', async () => {
    const { sim, a } = routed();
    await sim.run('1 s');
    const ask = () =>
      sim.runUntil(a.run((os) => Promise.resolve(os.now.getTime() - sim.startDateMs)));
    {
      using _skew = sim.faults.clockSkew(a, { offset: '5 min' });
      expect(await ask()).toBe(301_000);
    }
    expect(await ask()).toBe(1000);
  });
});
