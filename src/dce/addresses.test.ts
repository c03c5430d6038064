// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from 'vitest';
import { TestTopology } from '../../test/helpers/topology.js';
import { AddressPlan } from './addresses.js';
import type { Attachment, Station } from './topology.js';

const text = ({ addresses }: Attachment): string[] =>
  addresses.map(({ address, prefixLength }) => `${address}/${prefixLength}`);
const all = (...stations: readonly Station[]): string[][] =>
  stations.flatMap(({ attachments }) => attachments.map(text));

function plan(topology: TestTopology): AddressPlan {
  const addresses = new AddressPlan();
  addresses.assign(topology.takeChanged());
  return addresses;
}

describe('addresses that nobody asked for', () => {
  test('each segment has a number, each interface its place in it', () => {
    const topology = new TestTopology();
    const [a, b, c] = ['a', 'b', 'c'].map((name) => topology.station(name)) as [
      never,
      never,
      never,
    ];
    topology.link(a, b);
    topology.link(b, c);
    const addresses = plan(topology);
    expect(all(a, b, c)).toEqual([
      ['10.0.1.1/24', 'fd00:0:0:1::1/64'],
      ['10.0.1.2/24', 'fd00:0:0:1::2/64'],
      ['10.0.2.1/24', 'fd00:0:0:2::1/64'],
      ['10.0.2.2/24', 'fd00:0:0:2::2/64'],
    ]);
    expect(addresses.ownerOf('10.0.2.2')?.label).toBe('c.eth0');
  });

  test('those who come later go on where the others ended', () => {
    const topology = new TestTopology();
    const [a, b, c] = ['a', 'b', 'c'].map((name) => topology.station(name)) as [
      never,
      never,
      never,
    ];
    const lan = topology.link(a, b);
    const addresses = plan(topology);
    topology.put(c, lan);
    addresses.assign(topology.takeChanged());
    expect(all(c)).toEqual([['10.0.1.3/24', 'fd00:0:0:1::3/64']]);
  });

  test('a large segment has a wide network, and 10,000 hosts are addressed in a moment', () => {
    const topology = new TestTopology();
    const lan = topology.createSegment();
    const stations = Array.from({ length: 10_000 }, (_, i) => topology.station(`h${i}`));
    for (const station of stations) topology.put(station, lan);
    plan(topology);
    expect(all(stations[0]!, stations[9999]!)).toEqual([
      ['10.0.128.1/17', 'fd00:0:0:80::1/64'],
      ['10.0.167.16/17', 'fd00:0:0:80::2710/64'],
    ]);
  });

  test('one family, or none', () => {
    const topology = new TestTopology();
    const [a, b] = [topology.station('a'), topology.station('b')];
    topology.link(a, b, [{ families: 'ipv6' }, { families: 'ipv6' }]);
    topology.link(a, b, [{ families: 'manual' }, { families: 'manual' }]);
    topology.link(a, b, [{ families: 'ipv4' }, { families: 'ipv4' }]);
    plan(topology);
    expect(all(a)).toEqual([['fd00:0:0:1::1/64'], [], ['10.0.2.1/24']]);
  });

  test('two segments that become one keep the addresses of the first', () => {
    const topology = new TestTopology();
    const [a, b, c] = ['a', 'b', 'c'].map((name) => topology.station(name)) as [
      never,
      never,
      never,
    ];
    const left = topology.link(a, b);
    const addresses = plan(topology);
    const right = topology.createSegment();
    topology.put(c, right);
    topology.join(right, left);
    addresses.assign(topology.takeChanged());
    expect(all(c)).toEqual([['10.0.1.3/24', 'fd00:0:0:1::3/64']]);
  });
});

describe('addresses that were asked for', () => {
  test('win, and the others of the segment are in their network', () => {
    const topology = new TestTopology();
    const [a, b] = [topology.station('a'), topology.station('b')];
    topology.link(a, b, [{ wanted: ['192.0.2.1/24'] }]);
    plan(topology);
    expect(all(a, b)).toEqual([
      ['192.0.2.1/24', 'fd00:0:0:1::1/64'],
      ['192.0.2.2/24', 'fd00:0:0:1::2/64'],
    ]);
  });

  test('win over those that would be given, wherever they are', () => {
    const topology = new TestTopology();
    const [a, b] = [topology.station('a'), topology.station('b')];
    topology.link(a, b);
    topology.link(a, b, [{ wanted: ['10.0.1.77/24'] }]);
    plan(topology);
    expect(all(a)).toEqual([
      ['10.0.2.1/24', 'fd00:0:0:2::1/64'],
      ['10.0.1.77/24', 'fd00:0:0:3::1/64'],
    ]);
  });

  test('an interface may have several', () => {
    const topology = new TestTopology();
    const [a, b] = [topology.station('a'), topology.station('b')];
    topology.link(a, b, [
      { wanted: ['192.0.2.1/24', '198.51.100.1/24'] },
      { wanted: ['192.0.2.2/24', '198.51.100.2/24'] },
    ]);
    plan(topology);
    expect(text(b.attachments[0]!)).toEqual([
      '192.0.2.2/24',
      '198.51.100.2/24',
      'fd00:0:0:1::2/64',
    ]);
  });

  function failure(...ends: readonly (readonly string[])[]): string {
    const topology = new TestTopology();
    for (let i = 0; i + 1 < ends.length; i += 2) {
      const [a, b] = [topology.station(`a${i}`), topology.station(`b${i}`)];
      topology.link(a, b, [{ wanted: ends[i]! }, { wanted: ends[i + 1]! }]);
    }
    try {
      plan(topology);
    } catch (error) {
      return (error as Error).message;
    }
    return 'no error';
  }

  test('what cannot be is one error with the line that asked for it', () => {
    const clash = failure(['192.0.2.1/24'], ['192.0.2.1/24']);
    expect(clash).toContain('b0.eth0 and a0.eth0 cannot both have 192.0.2.1');
    // The line of the helper that asked, once.
    expect(clash.match(/\(addresses\.test\.ts:\d+\)|topology\.ts:\d+/g)).toHaveLength(1);
    expect(failure(['192.0.2.1/24'], ['198.51.100.1/24'])).toContain(
      'b0.eth0: 198.51.100.1/24 is not in 192.0.2.0/24, where the others of its segment are',
    );
    expect(failure(['192.0.2.1/24'], [], ['192.0.2.65/26'], [])).toContain(
      'a2.eth0: 192.0.2.65/26 is in a network that is elsewhere already: 192.0.2.0/24 (a0.eth0, b0.eth0)',
    );
    expect(failure(['192.0.2.1'], [])).toContain('a0.eth0: "192.0.2.1" is no address');
    expect(failure(['192.0.2.300/24'], [])).toContain('"192.0.2.300/24" is no address');
    expect(failure(['2001:db8::1/129'], [])).toContain('"2001:db8::1/129" is no address');
    for (const none of ['192.0.2.0/24', '192.0.2.255/24', '0.0.0.0/0', '::/64', 'ff02::1/64']) {
      expect(failure([none], [])).toContain(
        `${JSON.stringify(none)} is no address of an interface`,
      );
    }
    expect(failure(['192.0.2.0/31'], [])).toBe('no error');
    expect(failure(['192.0.2.1/32'], [])).toContain('192.0.2.1/32 has no address left');
  });
});
