// SPDX-License-Identifier: GPL-2.0-only

/** Topologies: hosts reach each other without being told how, what was asked for wins, what cannot be is an error. */
import { describe, expect, test } from 'vitest';
import { LibosError, Simulation, type SimulatedHost } from '../../src/index.js';
import { TcpSocket, UdpSocket } from '../../src/posix/index.js';

/** Pings in both families; gives the hops left of 64. */
function reach(from: SimulatedHost, to: SimulatedHost) {
  return from.run(async (os) => {
    const { hopLimit } = await os.ping(to.name);
    const six = await os.ping(to.name, { version: 6 });
    return { hopLimit, six: six.from };
  });
}

describe('automatic addresses and routes', () => {
  test('are known before anything boots', () => {
    const sim = new Simulation();
    const [a, b] = sim.hosts('a', 'b');
    sim.connect(a, b);
    expect([a.resolve('b'), a.resolve('b', 6), a.state]).toEqual([
      '10.0.1.2',
      'fd00:0:0:1::2',
      'planned',
    ]);
  });

  test('along a chain of routers, in both families', async () => {
    const sim = new Simulation();
    const hosts = sim.hosts('a', 'r1', 'r2', 'r3', 'r4', 'b');
    for (let i = 0; i + 1 < hosts.length; i++)
      sim.connect(hosts[i]!, hosts[i + 1]!, { delay: '1 ms' });
    const [a, , , , , b] = hosts;
    const there = reach(a, b);
    const back = reach(b, a);
    await sim.run();
    expect(there.result).toEqual({ hopLimit: 60, six: 'fd00:0:0:5::2' });
    expect(back.result).toEqual({ hopLimit: 60, six: 'fd00:0:0:1::1' });
  });

  test('by the shorter of two ways, and by the other when it is made cheaper', async () => {
    const hops = async (cost: number): Promise<number | undefined> => {
      const sim = new Simulation();
      const [a, r, s, t, b] = sim.hosts('a', 'r', 's', 't', 'b');
      sim.connect(a, r, { cost });
      sim.connect(r, b, { cost });
      for (const [one, other] of [
        [a, s],
        [s, t],
        [t, b],
      ] as const)
        sim.connect(one, other);
      const far = sim.host('far');
      sim.connect(b, far);
      const { hopLimit } = await sim.runUntil(a.run((os) => os.ping('far')));
      return hopLimit;
    };
    expect(await hops(1)).toBe(62);
    expect(await hops(5)).toBe(61);
  });

  test('across switches, with a router between two of them', async () => {
    const sim = new Simulation();
    const [left, right, more] = [sim.switch('left'), sim.switch('right'), sim.switch('more')];
    const [a, b, c, router] = sim.hosts('a', 'b', 'c', 'router');
    sim.connect(a, left);
    sim.connect(router, left);
    sim.connect(router, right);
    sim.connect(right, more);
    sim.connect(b, right);
    sim.connect(c, more);
    const far = reach(a, c);
    const near = reach(b, c);
    await sim.run();
    expect(far.result.hopLimit).toBe(63);
    expect(near.result.hopLimit).toBe(64);
    expect(c.attachments[0]!.addresses[0]!.address).toBe('10.0.2.3');
  });

  test('what is connected later is reached too', async () => {
    const sim = new Simulation();
    const [a, b] = sim.hosts('a', 'b');
    sim.connect(a, b);
    await sim.runUntil(reach(a, b));
    const c = sim.host('c');
    sim.connect(b, c);
    expect((await sim.runUntil(reach(a, c))).hopLimit).toBe(63);
    expect(a.posix.readFile('/etc/hosts')).toContain('10.0.2.2 c\n');
  });

  test('IPv6 by a router with many interfaces works from the first moment', async () => {
    const sim = new Simulation();
    const router = sim.host('router');
    const hosts = sim.hosts('a', 'b', 'c', 'd');
    for (const host of hosts) sim.connect(router, host, { delay: '1 ms' });
    const reply = hosts[0].run((os) => os.ping('d', { version: 6 }));
    expect((await sim.runUntil(reply)).roundTripNs).toBeLessThan(20e6);
  });

  test('at once: no host asks whether its addresses are taken, or for a router', async () => {
    const sim = new Simulation();
    const [a, b] = sim.hosts('a', 'b');
    const link = sim.connect(a, b);
    sim.start();
    expect(a.posix.route.addresses.list().filter(({ tentative }) => tentative)).toEqual([]);
    expect(a.posix.route.addresses.list().map(({ address }) => address)).toContainEqual(
      expect.stringMatching(/^fe80::/),
    );
    await sim.run('1 min');
    // What multicast listeners report of themselves, and nothing after that.
    expect(link.forward.counters.sentFrames).toBeLessThan(6);
  });
});

describe('addresses that were asked for', () => {
  test('win; a family that was not asked for is given', async () => {
    const sim = new Simulation();
    const [a, b] = sim.hosts('a', 'b');
    sim.connect(a, b, { addresses: ['192.0.2.7/24', ['192.0.2.9/24', '2001:db8::9/64']] });
    const seen = a.run((os) => [os.resolve('b'), os.resolve('b', { version: 6 }), os.resolve('a')]);
    expect(await sim.runUntil(seen)).toEqual(['192.0.2.9', '2001:db8::9', '192.0.2.7']);
    expect((await sim.runUntil(reach(a, b))).six).toBe('2001:db8::9');
  });

  test('none at all: the interface is down', () => {
    const sim = new Simulation({ addresses: 'manual' });
    const [a, b] = sim.hosts('a', 'b');
    sim.connect(a, b);
    sim.start();
    expect(a.posix.route.links.get('eth0').up).toBe(false);
    expect(() => a.resolve('b')).toThrow(
      /^a looks for b, which has no address \(topology.test.ts:\d+\)$/,
    );
  });

  test('and routes: what a host is configured with stays', async () => {
    const sim = new Simulation();
    const [a, r, b] = sim.hosts('a', 'r', 'b');
    sim.connect(a, r);
    sim.connect(r, b);
    a.configure(({ route }) => {
      route.routes.replace({ destination: 'default', gateway: '10.0.1.77' });
    });
    const gateway = a.run((os) => os.route.routes.lookup('10.0.2.2').gateway);
    expect(await sim.runUntil(gateway)).toBe('10.0.1.77');
  });
});

test('sockets take names, those of processes that no program has made too', async () => {
  const sim = new Simulation();
  const [a, b] = sim.hosts('a', 'b');
  sim.connect(a, b);
  b.run(async (os) => {
    for await (const socket of os.listen(7)) void socket.echo();
  });
  const heard = b.run(async (os) => new TextDecoder().decode((await os.udp(53).receive()).data));
  using process = a.posix.spawn();
  using socket = await sim.runUntil(TcpSocket.connect(process, { address: 'b', port: 7 }));
  expect(socket.remoteEndpoint!.address).toBe('10.0.1.2');
  await UdpSocket.open(process).send('hello', { address: 'b', port: 53 });
  expect(await sim.runUntil(heard)).toBe('hello');
});

describe('what cannot be', () => {
  function failure(build: (sim: Simulation) => void): string {
    const sim = new Simulation();
    try {
      build(sim);
      sim.start();
    } catch (error) {
      expect(error).toBeInstanceOf(LibosError);
      const { message } = error as Error;
      // Each says its line, once.
      expect(message.match(/\(topology\.test\.ts:\d+\)/g)).toHaveLength(1);
      return message;
    }
    return 'no error';
  }

  test.each<[string, string, (sim: Simulation) => void]>([
    ['two hosts of a name', 'there are two hosts called a', (sim) => sim.hosts('a', 'a')],
    ['a name that is none', 'a host cannot be called "a b"', (sim) => sim.host('a b')],
    ['an address as a name', 'a host cannot be called "10.0.0.1"', (sim) => sim.host('10.0.0.1')],
    [
      'a host connected to itself',
      'a cannot be connected to itself',
      (sim) => {
        const a = sim.host('a');
        sim.connect(a, a);
      },
    ],
    [
      'a host of another simulation',
      'is of another simulation',
      (sim) => sim.connect(sim.host('a'), new Simulation().host('b')),
    ],
    [
      'a negative delay',
      '"-5 ms" is not a duration',
      (sim) => sim.connect(...sim.hosts('a', 'b'), { delay: '-5 ms' }),
    ],
    [
      'an unknown unit',
      '"10 Mbps" is not a rate',
      (sim) => sim.connect(...sim.hosts('a', 'b'), { rate: '10 Mbps' }),
    ],
    [
      'an impossible probability',
      'a–b',
      (sim) => sim.connect(...sim.hosts('a', 'b'), { loss: 1.5 }),
    ],
    [
      'a cost that is none',
      'a connection cannot cost 0',
      (sim) => sim.connect(...sim.hosts('a', 'b'), { cost: 0 }),
    ],
    [
      'an address given twice',
      'cannot both have 192.0.2.1',
      (sim) => sim.connect(...sim.hosts('a', 'b'), { addresses: ['192.0.2.1/24', '192.0.2.1/24'] }),
    ],
    [
      'an address of a group',
      'a.eth0: "224.0.0.1/24" is no address of an interface',
      (sim) => sim.connect(...sim.hosts('a', 'b'), { addresses: ['224.0.0.1/24'] }),
    ],
    [
      'a kernel that is not there',
      "there is no kernel 'none'",
      (sim) => sim.host('a', { kernel: 'none' }),
    ],
    ['too little memory', 'memoryMax', (sim) => sim.host('a', { memoryMax: '1 MiB' })],
    [
      'an MTU that cannot be',
      'mtu: 20 bytes',
      (sim) => sim.connect(...sim.hosts('a', 'b'), { mtu: 20 }),
    ],
  ])('%s', (_, message, build) => {
    expect(failure(build)).toContain(message);
  });

  test('a program that looks for a host that is not there, or that nothing connects it to', async () => {
    const sim = new Simulation();
    const [a, b, c, d] = sim.hosts('a', 'b', 'c', 'd');
    sim.connect(a, b);
    sim.connect(c, d);
    a.run((os) => os.connect('carol', 7), { name: 'lost' });
    await expect(sim.run()).rejects.toThrow(
      /^a\/lost .*: a looks for "carol", but there is no such host \(topology\.test\.ts:\d+\)$/,
    );
    a.run((os) => os.connect('c', 7), { name: 'apart' });
    await expect(sim.run()).rejects.toThrow(/a looks for c, but nothing connects the two/);
  });
});

test('hundreds of hosts: pairs, and all on one switch', async () => {
  const sim = new Simulation({ memoryMax: '16 MiB' });
  const lan = sim.switch('lan');
  const hosts = Array.from({ length: 100 }, (_, i) => sim.host(`h${i}`));
  for (const host of hosts) sim.connect(host, lan, { delay: '1 ms' });
  for (let i = 0; i < 50; i++) sim.connect(...sim.hosts(`a${i}`, `b${i}`), { delay: '1 ms' });
  const replies = hosts.map((host, i) => host.run((os) => os.ping(`h${(i + 1) % 100}`)));
  const pairs = Array.from({ length: 50 }, (_, i) =>
    sim.topology.hosts.find(({ name }) => name === `a${i}`)!.run((os) => os.ping(`b${i}`)),
  );
  expect((await sim.run()).reason).toBe('ended');
  for (const { result } of [...replies, ...pairs]) expect(result.sequence).toBe(1);
}, 120_000);
