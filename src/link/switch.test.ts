// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from 'vitest';
import { buildFrame, ethernetFrame } from '../../test/helpers/frames.js';
import { linkWorld } from '../../test/helpers/link-world.js';
import { MemoryNic } from '../../test/helpers/memory-nic.js';
import { Engine } from '../dce/engine.js';
import { Hub, type HubOptions } from './hub.js';
import { Link } from './link.js';
import type { Medium } from './medium.js';
import type { LinkOptions } from './options.js';
import type { Port } from './port.js';
import { Switch, type SwitchOptions } from './switch.js';

const engineOf = (): Engine => new Engine(() => Promise.resolve());

function plug(
  medium: Medium,
  world: ReturnType<typeof linkWorld>,
  nic: MemoryNic | Port,
  options: LinkOptions = {},
): Link {
  const port = medium.createPort();
  const link = new Link(world, nic, port, options);
  medium.plugged?.(link, port);
  return link;
}

function star(
  create: (world: ReturnType<typeof linkWorld>) => Medium,
  options: LinkOptions = {},
  count = 3,
) {
  const engine = engineOf();
  const world = linkWorld(engine);
  const medium = create(world);
  const nics = Array.from(
    { length: count },
    (_, index) => new MemoryNic(`h${index + 1}.eth0`, () => engine.nowNs),
  );
  const links = nics.map((nic) => plug(medium, world, nic, options));
  const run = async (durationNs = 1e9): Promise<void> => {
    await engine.run(engine.nowNs + durationNs, () => false);
  };
  /** How many frames each NIC has got since the last look. */
  const got = (): number[] => nics.map(({ received }) => received.splice(0).length);
  return { engine, world, nics, links, run, got };
}

function switchOf(options: LinkOptions = {}, switchOptions: SwitchOptions = {}) {
  let lan: Switch | undefined;
  const all = star((world) => (lan = new Switch(world, 'lan', switchOptions)), options);
  return { ...all, lan: lan! };
}

describe('a switch', () => {
  test('floods until it knows, then forwards', async () => {
    const { nics, run, got, lan, world } = switchOf();
    nics[0]!.send(ethernetFrame(1, 2));
    await run();
    expect(got()).toEqual([0, 1, 1]);
    nics[1]!.send(ethernetFrame(2, 1));
    await run();
    expect(got()).toEqual([1, 0, 0]);
    nics[0]!.send(ethernetFrame(1, 2));
    nics[2]!.send(ethernetFrame(3, 255));
    nics[2]!.send(ethernetFrame(3, 3));
    await run();
    expect(got()).toEqual([1, 2, 0]);
    expect(lan.counters).toEqual({ forwardedFrames: 2, floodedFrames: 2, filteredFrames: 1 });
    expect([...lan.addresses.values()]).toEqual(['lan.port0', 'lan.port1', 'lan.port2']);
    expect(world.frames.frameCount).toBe(0);
  });

  test('forgets an address with time, with its link, and when it moves', async () => {
    const { nics, links, run, got, lan } = switchOf({}, { ageing: '10 s' });
    nics[1]!.send(ethernetFrame(2, 255));
    await run(10e9);
    got();
    nics[0]!.send(ethernetFrame(1, 2));
    await run(1);
    expect(got()).toEqual([0, 1, 0]);
    nics[0]!.send(ethernetFrame(1, 2));
    await run(1);
    expect(got()).toEqual([0, 1, 1]);
    nics[1]!.send(ethernetFrame(2, 255));
    nics[2]!.send(ethernetFrame(2, 255));
    await run(1);
    got();
    nics[0]!.send(ethernetFrame(1, 2));
    await run(1);
    expect(got()).toEqual([0, 0, 1]);
    links[2]!.down();
    expect([...lan.addresses.values()]).toEqual(['lan.port0']);
  });

  test('stores and forwards: each link takes its time, and frames are split where a link asks for it', async () => {
    const { nics, links, run } = switchOf({ delay: '1 us' });
    links[1]!.backward.set({ rate: '8 Mbit/s' });
    const { bytes, offloads } = buildFrame({
      ...{ ip: 4, protocol: 'tcp', payload: new Uint8Array(2000), gsoSize: 1000 },
    });
    nics[0]!.send(bytes, offloads);
    await run();
    const times = nics.map(({ received }) =>
      received.map(({ timeNs, bytes: { length } }) => [timeNs, length]),
    );
    expect(times).toEqual([
      [],
      [
        [2000 + 1_054_000, 1054],
        [2000 + 2_108_000, 1054],
      ],
      [[2000, 2054]],
    ]);
  });

  test('queues in front of a slow port, and drops there', async () => {
    const { nics, links, run, got, world } = switchOf();
    links[1]!.backward.set({ rate: '8 Mbit/s', queue: 2 });
    for (let count = 0; count < 5; count++) nics[0]!.send(ethernetFrame(1, 2));
    await run();
    expect(got()).toEqual([0, 3, 5]);
    expect(links[1]!.backward.counters.droppedByQueue).toBe(2);
    expect(world.frames.frameCount).toBe(0);
  });

  test('tells what hosts report about groups to multicast routers alone', async () => {
    const { nics, run, got } = switchOf();
    const report = ethernetFrame(1, 255);
    report.set([0x33, 0x33, 0, 0, 0, 0x16]);
    nics[0]!.send(report);
    await run();
    expect(got()).toEqual([0, 0, 0]);
    // An MLD query: IPv6 with a hop-by-hop header before ICMPv6 of type 130.
    const query = new Uint8Array(90);
    query.set([0x33, 0x33, 0, 0, 0, 1, 2, 0, 0, 0, 0, 3, 0x86, 0xdd, 0x60, 0, 0, 0, 0, 36, 0, 1]);
    query.set([58, 0, 5, 2, 0, 0, 0, 0, 130], 54);
    nics[2]!.send(query);
    await run();
    expect(got()).toEqual([1, 1, 0]);
    nics[0]!.send(report);
    await run();
    expect(got()).toEqual([0, 0, 1]);
  });

  test('goes on from its state, whatever its links have done since', async () => {
    const { nics, links, run, got, lan } = switchOf();
    nics[1]!.send(ethernetFrame(2, 255));
    await run(1);
    const state = structuredClone([lan, ...links].map((part) => part.saveState()));
    nics[2]!.send(ethernetFrame(2, 255));
    await run(1);
    links[1]!.down();
    for (const [index, part] of [lan, ...links].entries()) part.restoreState(state[index]);
    got();
    nics[0]!.send(ethernetFrame(1, 2));
    await run(1);
    expect(got()).toEqual([0, 1, 0]);
    expect(lan.counters.floodedFrames).toBe(1);
  });

  test('makes no loop', () => {
    const world = linkWorld(engineOf());
    const [a, b, c] = ['a', 'b', 'c'].map((name) => new Switch(world, name));
    const join = (x: Switch, y: Switch): void => {
      const [from, to] = [x.createPort(), y.createPort()];
      const link = new Link(world, from, to);
      x.plugged(link);
      y.plugged(link);
    };
    join(a!, b!);
    join(b!, c!);
    expect(() => join(c!, a!)).toThrow('c.port1–a.port1 makes a loop of switches');
    expect(() => new Switch(world, 'd', { age: 1 } as SwitchOptions)).toThrow('no option "age"');
  });
});

describe('a hub', () => {
  const hubOf = (options: HubOptions = {}, linkOptions: LinkOptions = {}) =>
    star((world) => new Hub(world, 'hub', options), linkOptions);

  test('repeats everything everywhere', async () => {
    const { nics, run, got, world } = hubOf();
    nics[0]!.send(ethernetFrame(1, 2));
    nics[1]!.send(ethernetFrame(2, 1));
    await run();
    expect(got()).toEqual([1, 1, 2]);
    expect(world.frames.frameCount).toBe(0);
  });

  test('with a rate lets one send at a time, and all get their turn', async () => {
    const { nics, run, world } = hubOf({ rate: '8 Mbit/s', overhead: '9 us' });
    for (let count = 0; count < 50; count++) {
      for (const index of [0, 1]) nics[index]!.send(ethernetFrame(index + 1, 3, 991));
    }
    await run();
    const times = nics[2]!.received.map(({ timeNs }) => timeNs);
    expect(times).toEqual(Array.from({ length: 100 }, (_, index) => (index + 1) * 1e6));
    const firstHalf = nics[2]!.received.slice(0, 50).filter(({ bytes }) => bytes[11] === 1).length;
    expect(firstHalf).toBeGreaterThan(12);
    expect(firstHalf).toBeLessThan(38);
    // A frame is its sender's until its turn is over.
    expect(nics[0]!.completedNs.length).toBe(50);
    expect(world.frames.frameCount).toBe(0);
  });

  test('goes on when the one that sends is unplugged', async () => {
    const { nics, links, run } = hubOf({ rate: '8 Mbit/s' });
    nics[0]!.send(ethernetFrame(1, 3, 1000));
    nics[1]!.send(ethernetFrame(2, 3, 1000));
    await run(500_000);
    links[0]!.down();
    await run();
    expect(nics[2]!.received.map(({ timeNs }) => timeNs)).toEqual([1_500_000]);
  });

  test('has the rate that its links must not have', () => {
    expect(() => hubOf({ rate: '10 Mbit/s' }, { rate: '10 Mbit/s' })).toThrow(
      'leads into a shared medium, which has the rate',
    );
    const { links } = hubOf({ rate: '10 Mbit/s' });
    expect(() => links[0]!.set({ rate: '10 Mbit/s' })).toThrow('shared medium');
  });
});
