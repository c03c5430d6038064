// SPDX-License-Identifier: GPL-2.0-only

import { expect, test } from 'vitest';
import { TestTopology, type TestStation } from '../../test/helpers/topology.js';
import { AddressPlan } from './addresses.js';
import { RoutePlan } from './routes.js';

function planned(topology: TestTopology): RoutePlan {
  new AddressPlan().assign(topology.takeChanged());
  return new RoutePlan(topology);
}

/** IPv4 routes, as text; IPv6 ones must be the same with other numbers. */
function routes(plan: RoutePlan, station: TestStation): string[] {
  const all = plan.routesOf(station);
  const [four, six] = ([4, 6] as const).map((v) => all.filter(({ version }) => version === v));
  expect(six!.length).toBe(four!.length);
  return four!.map(({ destination, gateway, via }) => `${destination} ${gateway} ${via.label}`);
}

const stations = (topology: TestTopology, ...names: string[]): TestStation[] =>
  names.map((name) => topology.station(name));

test('two hosts on a wire need no routes', () => {
  const topology = new TestTopology();
  const [a, b] = stations(topology, 'a', 'b');
  topology.link(a!, b!);
  expect(routes(planned(topology), a!)).toEqual([]);
});

test('a host with one way out has a default route, a router a route to each segment', () => {
  const topology = new TestTopology();
  const [a, r, s, b] = stations(topology, 'a', 'r', 's', 'b');
  topology.link(a!, r!);
  topology.link(r!, s!);
  topology.link(s!, b!);
  const plan = planned(topology);
  expect(routes(plan, a!)).toEqual(['default 10.0.1.2 a.eth0']);
  expect(routes(plan, r!)).toEqual(['10.0.3.0/24 10.0.2.2 r.eth1']);
  expect(routes(plan, b!)).toEqual(['default 10.0.3.1 b.eth0']);
});

/** a – r – b and a – s – t – b, with costs of a's two interfaces. */
function twoWays(costs: readonly [number, number], long = true) {
  const topology = new TestTopology();
  const [a, r, s, t, b] = stations(topology, 'a', 'r', 's', 't', 'b');
  topology.link(a!, r!, [{ cost: costs[0] }]);
  topology.link(a!, s!, [{ cost: costs[1] }]);
  topology.link(r!, b!);
  if (long) {
    topology.link(s!, t!);
    topology.link(t!, b!);
  } else topology.link(s!, b!);
  const far = topology.station('far');
  topology.link(b!, far);
  const route = planned(topology)
    .routesOf(a!)
    .find(({ destination }) => destination === (long ? '10.0.6.0/24' : '10.0.5.0/24'));
  return route?.via.label;
}

test('the shortest way wins, a cheaper one before it, and of equals the lower interface', () => {
  expect(twoWays([1, 1])).toBe('a.eth0');
  expect(twoWays([3, 1])).toBe('a.eth1');
  expect(twoWays([1, 1], false)).toBe('a.eth0');
  expect(twoWays([1.5, 1], false)).toBe('a.eth1');
});

test('of two routers on one segment the one that was created first', () => {
  const topology = new TestTopology();
  const [a, b, second, first] = stations(topology, 'a', 'b', 'r1', 'r2');
  const [left, right] = [topology.createSegment(), topology.createSegment()];
  // The later one joins first.
  for (const station of [a!, first!, second!]) topology.put(station, left);
  for (const station of [b!, first!, second!]) topology.put(station, right);
  expect(routes(planned(topology), a!)).toEqual(['10.0.2.0/24 10.0.1.3 a.eth0']);
});

test('a host that does not forward is no way', () => {
  const topology = new TestTopology();
  const a = topology.station('a');
  const middle = topology.station('m', false);
  const b = topology.station('b');
  topology.link(a, middle);
  topology.link(middle, b);
  expect(routes(planned(topology), a)).toEqual([]);
});

test('a ring of routers sends half of the ways around each side', () => {
  const topology = new TestTopology();
  const ring = Array.from({ length: 8 }, (_, i) => topology.station(`r${i}`));
  for (let i = 0; i < 8; i++) topology.link(ring[i]!, ring[(i + 1) % 8]!);
  const plan = planned(topology);
  const sides = plan.routesOf(ring[0]!).filter(({ version }) => version === 4);
  // Segment i lies between i and i + 1; 0 and 7 are router 0's own, the way to 3 is as long either way round.
  expect(sides.map(({ destination, via }) => `${destination} ${via.label}`).sort()).toEqual([
    '10.0.2.0/24 r0.eth0',
    '10.0.3.0/24 r0.eth0',
    '10.0.4.0/24 r0.eth0',
    '10.0.5.0/24 r0.eth1',
    '10.0.6.0/24 r0.eth1',
    '10.0.7.0/24 r0.eth1',
  ]);
});

test('10,000 hosts behind one router, and a chain of 64, are planned in a moment', () => {
  const topology = new TestTopology();
  const chain = Array.from({ length: 64 }, (_, i) => topology.station(`r${i}`));
  for (let i = 0; i + 1 < 64; i++) topology.link(chain[i]!, chain[i + 1]!);
  const lan = topology.createSegment();
  topology.put(chain[63]!, lan);
  const hosts = Array.from({ length: 10_000 }, (_, i) => topology.station(`h${i}`));
  for (const host of hosts) topology.put(host, lan);
  const plan = planned(topology);
  for (const station of [...chain, ...hosts]) plan.routesOf(station);
  expect(routes(plan, hosts[9999]!)).toHaveLength(1);
  expect(routes(plan, chain[1]!)).toHaveLength(62);
});

test('who reaches whom: by segments and by hosts that forward', () => {
  const topology = new TestTopology();
  const [a, r, b, c, d] = stations(topology, 'a', 'r', 'b', 'c', 'd');
  const alone = topology.station('alone');
  const deaf = topology.station('deaf', false);
  topology.link(a!, r!);
  topology.link(r!, b!);
  topology.link(c!, d!);
  topology.link(b!, deaf);
  topology.link(deaf, d!);
  const plan = planned(topology);
  const reached = (from: TestStation): string[] =>
    topology.stations.filter((to) => plan.reaches(from, to)).map(({ name }) => name);
  expect(reached(a!)).toEqual(['a', 'r', 'b', 'deaf']);
  expect(reached(c!)).toEqual(['c', 'd', 'deaf']);
  expect(reached(deaf)).toEqual(['a', 'r', 'b', 'c', 'd', 'deaf']);
  expect(reached(alone)).toEqual(['alone']);
});
