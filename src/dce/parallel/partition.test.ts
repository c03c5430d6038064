// SPDX-License-Identifier: GPL-2.0-only

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { partitionTopology, type PartitionTopology } from './partition.js';

const ms = 1e6;

/** Nodes of weight 1 called n0, n1, …; links as [a, b, lookahead in ns]. */
function topology(
  count: number,
  links: readonly (readonly [number, number, number])[],
  pins: Readonly<Record<number, number>> = {},
): PartitionTopology {
  return {
    nodes: Array.from({ length: count }, (_, index) => ({
      name: `n${index}`,
      weight: 1,
      ...(pins[index] === undefined ? {} : { pin: pins[index] }),
    })),
    links: links.map(([a, b, lookaheadNs]) => ({
      name: `n${a}-n${b}`,
      ends: [a, b],
      lookaheadNs,
      weight: 1,
    })),
  };
}

function chain(count: number, delayNs: number): PartitionTopology {
  return topology(
    count,
    Array.from({ length: count - 1 }, (_, index) => [index, index + 1, delayNs] as const),
  );
}

test('a chain is cut into runs of the same length', () => {
  expect(partitionTopology(chain(8, 5 * ms), 2)).toEqual({
    parts: 2,
    partOf: [0, 0, 0, 0, 1, 1, 1, 1],
    lookaheadNs: 5 * ms,
    hindrances: [],
  });
  const three = partitionTopology(chain(9, ms), 3);
  expect(three.partOf).toEqual([0, 0, 0, 1, 1, 1, 2, 2, 2]);
});

test('two clusters are cut at the long link between them', () => {
  const inside = (first: number): (readonly [number, number, number])[] =>
    [1, 2, 3].map((other) => [first, first + other, 0.1 * ms] as const);
  const result = partitionTopology(topology(8, [...inside(0), ...inside(4), [0, 4, 50 * ms]]), 2);
  expect(result.partOf).toEqual([0, 0, 0, 0, 1, 1, 1, 1]);
  expect(result.lookaheadNs).toBe(50 * ms);
});

test('links without delay are never cut, and are named when they leave fewer parts', () => {
  const all = topology(3, [
    [0, 1, 0],
    [1, 2, 0],
  ]);
  expect(partitionTopology(all, 2)).toEqual({
    parts: 1,
    partOf: [0, 0, 0],
    lookaheadNs: Infinity,
    hindrances: ['n0-n1', 'n1-n2'],
  });
  const two = topology(4, [
    [0, 1, 0],
    [1, 2, ms],
    [2, 3, 0],
  ]);
  expect(partitionTopology(two, 3)).toMatchObject({
    parts: 2,
    partOf: [0, 0, 1, 1],
    hindrances: ['n0-n1', 'n2-n3'],
  });
});

test('hosts around a switch are shared out', () => {
  const links = Array.from({ length: 50 }, (_, index) => [0, index + 1, ms] as const);
  const { partOf } = partitionTopology(topology(51, links), 3);
  const sizes = [0, 1, 2].map((part) => partOf.filter((of) => of === part).length);
  expect(sizes).toEqual([17, 17, 17]);
});

test('nodes that nothing joins are shared out too', () => {
  expect([...partitionTopology(topology(4, []), 2).partOf].sort()).toEqual([0, 0, 1, 1]);
});

test('there are no more parts than nodes', () => {
  expect(partitionTopology(chain(2, ms), 4)).toMatchObject({ parts: 2, partOf: [0, 1] });
  expect(partitionTopology(topology(0, []), 2)).toMatchObject({ parts: 0, partOf: [] });
});

test('a pin decides, and keeps its number', () => {
  const links = [
    [0, 1, ms],
    [1, 2, ms],
    [2, 3, ms],
  ] as const;
  const result = partitionTopology(topology(4, links, { 0: 1, 3: 0 }), 2);
  expect(result.partOf).toEqual([1, 1, 0, 0]);
});

test('impossible pins are named', () => {
  const joined = topology(
    3,
    [
      [0, 1, 0],
      [1, 2, 0],
    ],
    { 0: 0, 2: 1 },
  );
  expect(() => partitionTopology(joined, 2)).toThrow(
    expect.objectContaining({
      message: 'n0 and n2 are to be in different workers, but are joined by links without delay',
      hint: 'give one of these a delay, or both hosts the same worker: n0-n1, n1-n2',
    }),
  );
  expect(() => partitionTopology(topology(1, [], { 0: 2 }), 2)).toThrow(
    /n0 is to be in worker 2, but there are workers 0 to 1/u,
  );
});

const topologies = fc
  .integer({ min: 1, max: 40 })
  .chain((count) =>
    fc.tuple(
      fc.constant(count),
      fc.array(
        fc.tuple(
          fc.nat(count - 1),
          fc.nat(count - 1),
          fc.constantFrom(0, 1000, ms, 5 * ms, 5 * ms, 50 * ms),
        ),
        { maxLength: 80 },
      ),
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: count, maxLength: count }),
    ),
  )
  .map(([count, links, weights]): PartitionTopology => {
    const { nodes, links: named } = topology(count, links);
    return { nodes: nodes.map((node, at) => ({ ...node, weight: weights[at]! })), links: named };
  });

test('whatever the topology, zero lookahead is never cut and no part is empty', () => {
  fc.assert(
    fc.property(topologies, fc.integer({ min: 1, max: 6 }), (given, wanted) => {
      const { parts, partOf, lookaheadNs } = partitionTopology(given, wanted);
      expect(parts).toBeLessThanOrEqual(wanted);
      expect(new Set(partOf)).toEqual(new Set(Array.from({ length: parts }, (_, part) => part)));
      const cut = given.links.filter(({ ends }) => partOf[ends[0]] !== partOf[ends[1]]);
      expect(Math.min(Infinity, ...cut.map((link) => link.lookaheadNs))).toBe(lookaheadNs);
      expect(lookaheadNs).toBeGreaterThan(0);
      expect(partitionTopology(given, wanted)).toEqual(partitionTopology(given, wanted));
    }),
  );
});

test('no part is much heavier than it has to be where every link may be cut', () => {
  fc.assert(
    fc.property(topologies, fc.integer({ min: 2, max: 6 }), (given, wanted) => {
      const links = given.links.map((link) => ({ ...link, lookaheadNs: 5 * ms }));
      const { partOf } = partitionTopology({ nodes: given.nodes, links }, wanted);
      const weights = new Array<number>(wanted).fill(0);
      for (const [at, { weight }] of given.nodes.entries()) weights[partOf[at]!]! += weight;
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      const heaviestNode = Math.max(...given.nodes.map(({ weight }) => weight));
      expect(Math.max(...weights)).toBeLessThanOrEqual(total / wanted + heaviestNode);
    }),
  );
});
