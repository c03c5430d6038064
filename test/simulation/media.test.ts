// SPDX-License-Identifier: GPL-2.0-only

/** Switches, hubs and the air, with Linux at their ends. */
import { describe, expect, test } from 'vitest';
import { Simulation, type SimulatedHost } from '../../src/dce/index.js';
import type { WirelessOptions } from '../../src/link/index.js';

/** Sends `bytes` over TCP; gives how long it took, in virtual seconds, when all of it has arrived. */
async function transfer(
  sim: Simulation,
  from: SimulatedHost,
  to: SimulatedHost,
  bytes: number,
): Promise<number> {
  const receiver = to.run(async (os) => {
    for await (const socket of os.listen(5000)) {
      let received = 0;
      for await (const chunk of socket) received += chunk.length;
      return received;
    }
    return 0;
  });
  const startNs = sim.nowNs;
  from.run(async (os) => {
    using socket = await os.connect(to.name, 5000);
    await socket.write(new Uint8Array(bytes));
  });
  expect(await sim.runUntil(receiver)).toBe(bytes);
  return (sim.nowNs - startNs) / 1e9;
}

describe('a switch', () => {
  test('joins hosts of one network, each at its own speed', async () => {
    const sim = new Simulation({ seed: 1 });
    const lan = sim.switch('lan');
    const [a, b, c] = sim.hosts('a', 'b', 'c');
    sim.connect(a, lan, { rate: '1 Gbit/s', delay: '5 us' });
    sim.connect(b, lan, { rate: '100 Mbit/s', delay: '5 us' });
    sim.connect(lan, c, { rate: '10 Mbit/s', delay: '5 us' });
    const seconds = await transfer(sim, a, b, 2_000_000);
    expect((2_000_000 * 8) / seconds).toBeGreaterThan(85e6);
    const slow = await transfer(sim, a, c, 500_000);
    expect((500_000 * 8) / slow).toBeGreaterThan(8.5e6);
    expect((500_000 * 8) / slow).toBeLessThan(10e6);
    expect(lan.addresses.size).toBe(3);
    // What is between two of them the third does not see.
    expect(sim.links[1]!.backward.counters.sentBytes).toBeLessThan(2_300_000);
  });

  test('switches are joined as a tree', async () => {
    const sim = new Simulation({ seed: 1 });
    const [one, two] = [sim.switch('one'), sim.switch('two')];
    const [a, b] = sim.hosts('a', 'b');
    sim.connect(one, two, { rate: '100 Mbit/s', delay: '10 us' });
    sim.connect(a, one);
    sim.connect(b, two);
    expect(await transfer(sim, a, b, 200_000)).toBeLessThan(0.1);
    expect(() => sim.connect(two, one)).toThrow('makes a loop of switches');
    expect(() => sim.switch('a')).toThrow('a is the name of something else');
  });
});

test('a hub’s cable carries one at a time', async () => {
  const sim = new Simulation({ seed: 1 });
  const hub = sim.hub('hub', { rate: '10 Mbit/s', overhead: '9600 ns' });
  const [a, b, c] = sim.hosts('a', 'b', 'c');
  for (const host of [a, b, c]) sim.connect(host, hub);
  const seconds = await transfer(sim, a, b, 500_000);
  // The acknowledgements need the cable, too.
  expect((500_000 * 8) / seconds).toBeLessThan(9.6e6);
  expect((500_000 * 8) / seconds).toBeGreaterThan(7.5e6);
});

/** A phone in a corridor with an access point at each end, and a server behind both. */
function corridor(options: WirelessOptions = {}) {
  const sim = new Simulation({ seed: 2 });
  const [phone, server] = sim.hosts('phone', 'server');
  const air = sim.wireless('air', options);
  const lan = sim.switch('lan');
  const near = sim.accessPoint('near', air, { x: 0, y: 0 });
  const far = sim.accessPoint('far', air, { x: 120, y: 0 });
  for (const node of [near, far, server])
    sim.connect(node, lan, { rate: '1 Gbit/s', delay: '10 us' });
  const station = air.station(sim.connect(phone, air));
  return { sim, phone, server, air, near, far, station };
}

describe('the air', () => {
  test('carries stations through their access point', async () => {
    const { sim, phone, server, station, near, air } = corridor();
    expect(station.accessPoint).toBe(near);
    const seconds = await transfer(sim, phone, server, 2_000_000);
    const rate = (2_000_000 * 8) / seconds;
    // 54 Mbit/s, less 100 µs a frame, and acknowledgements need turns of their own.
    expect(rate).toBeGreaterThan(15e6);
    expect(rate).toBeLessThan(35e6);
    expect(air.busyNs / sim.nowNs).toBeGreaterThan(0.8);
  });

  test('is shared: two that send at once get half each', async () => {
    const { sim, phone, server, air, near } = corridor();
    const laptop = sim.host('laptop');
    sim.connect(laptop, air);
    expect(air.stations.every(({ accessPoint }) => accessPoint === near)).toBe(true);
    const receive = server.run(async (os) => {
      const totals: number[] = [];
      for await (const socket of os.listen(6000)) {
        const number = totals.push(0) - 1;
        void (async () => {
          for await (const chunk of socket) totals[number]! += chunk.length;
        })();
        if (totals.length === 2) break;
      }
      await os.sleep('3 s');
      return totals;
    });
    for (const host of [phone, laptop]) {
      host.run(async (os) => {
        using socket = await os.connect('server', 6000);
        for (;;) await socket.write(new Uint8Array(20_000));
      });
    }
    const [first, second] = await sim.runUntil(receive);
    expect(first! / second!).toBeGreaterThan(0.6);
    expect(first! / second!).toBeLessThan(1.7);
  });

  test.each(['flaps', 'seamless'])('TCP goes on when a host roams (%s)', async (how) => {
    const { sim, phone, server, station, near, far } = corridor(
      how === 'seamless' ? { roaming: 'manual' } : {},
    );
    if (how === 'seamless') station.associate(near);
    const carriers: string[] = [];
    const walk = phone.run(async (os) => {
      for (let x = 0; x <= 120; x += 10) {
        station.moveTo({ x, y: 5 });
        if (how === 'seamless' && x === 60) station.associate(far, { seamless: true });
        await os.sleep('10 ms');
        carriers.push(os.posix.readFile('/sys/class/net/eth0/carrier').trim());
        await os.sleep('90 ms');
      }
    });
    await transfer(sim, server, phone, 3_000_000);
    await sim.runUntil(walk);
    expect(station.accessPoint).toBe(far);
    expect(carriers.filter((carrier) => carrier === '0').length).toBe(how === 'seamless' ? 0 : 1);
    for (const accessPoint of [near, far]) {
      expect(accessPoint.link.forward.counters.sentFrames).toBeGreaterThan(300);
    }
  });

  test('out of range nothing gets through, and the sender gives up after its tries', async () => {
    const { sim, phone, air, near, station } = corridor({ roaming: 'manual' });
    station.associate(near);
    station.moveTo({ x: 101, y: 0 });
    const ping = phone.run((os) => os.ping('server', { timeout: '1 s' }).catch(() => 'no answer'));
    expect(await sim.runUntil(ping)).toBe('no answer');
    expect(station.link.forward.counters.droppedByMedium).toBeGreaterThan(0);
    expect(air.lossBetween(station, near)).toBe(1);
    air.setLoss(station, near, 0);
    const again = phone.run((os) => os.ping('server').then(() => 'answered'));
    expect(await sim.runUntil(again)).toBe('answered');
  });

  test('losses on the air are repaired by tries, which cost time', async () => {
    const times: number[] = [];
    for (const loss of [0, 0.4]) {
      const { sim, phone, server, air, near, station } = corridor();
      air.setLoss(station, near, loss);
      times.push(await transfer(sim, phone, server, 500_000));
    }
    expect(times[1]! / times[0]!).toBeGreaterThan(1.3);
    expect(times[1]! / times[0]!).toBeLessThan(3);
  });

  test('without access points stations talk to each other', async () => {
    const sim = new Simulation({ seed: 2 });
    const air = sim.wireless('air', { rate: '11 Mbit/s' });
    const [a, b, c] = sim.hosts('a', 'b', 'c');
    const stations = [a, b, c].map((host) => air.station(sim.connect(host, air)));
    stations[2]!.moveTo({ x: 500, y: 0 });
    await transfer(sim, a, b, 100_000);
    const ping = a.run((os) => os.ping('c', { timeout: '1 s' }).catch(() => 'no answer'));
    expect(await sim.runUntil(ping)).toBe('no answer');
  });

  test('what cannot be is refused', () => {
    const sim = new Simulation();
    expect(() => sim.wireless('x', { rate: '0 bit/s' })).toThrow('rate');
    expect(() => sim.wireless('y', { retries: -1 })).toThrow('retries: -1');
    const air = sim.wireless('air');
    const host = sim.host('a');
    expect(() => sim.connect(host, air, { rate: '1 Mbit/s' })).toThrow('shared medium');
    expect(() => sim.accessPoint('ap', air, { x: NaN, y: 0 })).toThrow('a position of NaN, 0');
  });
});
