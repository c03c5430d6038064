// SPDX-License-Identifier: GPL-2.0-only

/**
 * Which worker simulates which node. A pure function of the topology, so that every worker comes to the same
 * answer by itself. Nodes whose frames arrive with no delay stay together; among the cuts that are left, one is
 * looked for that shares the work evenly, goes through long links and through few.
 */
import { LibosError } from '../../errors.js';
import { assign, type Group, type GroupEdge } from './assign.js';

/** A host, or a medium that joins several. */
export interface PartitionNode {
  readonly name: string;
  /** How much work it is, in any unit: at least 0. */
  readonly weight: number;
  /** The part that it has to be in, counted from 0. */
  readonly pin?: number;
}

export interface PartitionLink {
  readonly name: string;
  /** Indices of nodes. */
  readonly ends: readonly [number, number];
  /** The least time from departure to arrival, of the direction that is faster. */
  readonly lookaheadNs: number;
  /** How much goes over it, in any unit. */
  readonly weight: number;
}

export interface PartitionTopology {
  readonly nodes: readonly PartitionNode[];
  readonly links: readonly PartitionLink[];
}

export interface Partition {
  /** How many parts have nodes: as many as were asked for, or fewer. */
  readonly parts: number;
  /** The part of each node. Part 0 has the first node, part 1 the first that is not in part 0, and so on. */
  readonly partOf: readonly number[];
  /** The least lookahead of the links between parts; Infinity when there are none. */
  readonly lookaheadNs: number;
  /** When there are fewer parts than asked for: the links that join nodes without any lookahead. */
  readonly hindrances: readonly string[];
}

/**
 * What one more window costs in wall time, about. It weighs evenness against the length of windows, as if a
 * second of virtual time took a second.
 */
const windowCostNs = 20_000;

/** More thresholds than this are not tried: a sample of them is. */
const thresholdsMax = 24;

/** Nodes by number of part. Errors: pins that contradict each other or the number of parts. */
export function partitionTopology(topology: PartitionTopology, parts: number): Partition {
  const { nodes, links } = topology;
  checkPins(nodes, parts);
  const finest = contract(topology, Number.MIN_VALUE);
  if (finest.groups.some(({ pin }) => pin === 'contradiction')) {
    throw contradiction(topology, finest.groupOf);
  }
  if (parts === 1 || finest.groups.length <= 1) {
    return {
      ...numbered(
        topology,
        nodes.map(() => 0),
      ),
      hindrances: hindrances(topology, parts, 1),
    };
  }
  let best = nodes.map(() => 0);
  let bestScore = Infinity;
  for (const thresholdNs of thresholds(links)) {
    const { groupOf, groups, edges } = contract(topology, thresholdNs);
    if (groups.some(({ pin }) => pin === 'contradiction')) continue;
    const partOfGroup = assign(groups as readonly Group[], edges, parts);
    const partOf = groupOf.map((group) => partOfGroup[group]!);
    const score = scoreOf(topology, partOf, parts);
    if (score >= bestScore) continue;
    best = partOf;
    bestScore = score;
  }
  const pinned = nodes.some(({ pin }) => pin !== undefined);
  const result = numbered(topology, best, pinned);
  return { ...result, hindrances: hindrances(topology, parts, result.parts) };
}

function checkPins(nodes: readonly PartitionNode[], parts: number): void {
  for (const { name, pin } of nodes) {
    if (pin === undefined || (Number.isInteger(pin) && pin >= 0 && pin < parts)) continue;
    throw new LibosError(
      'ERR_LIBOS_PARTITION',
      `${name} is to be in worker ${pin}, but there are workers 0 to ${parts - 1}`,
    );
  }
}

/** Two nodes of one group are pinned apart: says between which, and why they have to be together. */
function contradiction(
  { nodes, links }: PartitionTopology,
  groupOf: readonly number[],
): LibosError {
  for (const [index, node] of nodes.entries()) {
    const other = nodes.find(
      ({ pin }, at) =>
        groupOf[at] === groupOf[index] &&
        pin !== undefined &&
        node.pin !== undefined &&
        pin !== node.pin,
    );
    if (!other) continue;
    const between = links
      .filter(({ ends, lookaheadNs }) => lookaheadNs <= 0 && groupOf[ends[0]] === groupOf[index])
      .map(({ name }) => name);
    return new LibosError(
      'ERR_LIBOS_PARTITION',
      `${node.name} and ${other.name} are to be in different workers, but are joined by links without delay`,
      { hint: `give one of these a delay, or both hosts the same worker: ${listed(between)}` },
    );
  }
  throw new Error('partition: no pins contradict each other');
}

/** Lookaheads from which links may be cut, the largest first. */
function thresholds(links: readonly PartitionLink[]): number[] {
  const all = [...new Set(links.map(({ lookaheadNs }) => lookaheadNs))].filter((ns) => ns > 0);
  all.sort((a, b) => b - a);
  if (all.length <= thresholdsMax) return all.length > 0 ? all : [Infinity];
  const step = (all.length - 1) / (thresholdsMax - 1);
  return Array.from({ length: thresholdsMax }, (_, index) => all[Math.round(index * step)]!);
}

/** Less is better: how far the heaviest part is from an even share, and what windows cost. */
function scoreOf(topology: PartitionTopology, partOf: readonly number[], parts: number): number {
  const weights = new Array<number>(parts).fill(0);
  for (const [index, { weight }] of topology.nodes.entries()) weights[partOf[index]!]! += weight;
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const heaviest = Math.max(...weights);
  const unevenness = total === 0 ? 1 : (heaviest * parts) / total;
  return unevenness + windowCostNs / cutLookaheadNs(topology.links, partOf);
}

function cutLookaheadNs(links: readonly PartitionLink[], partOf: readonly number[]): number {
  let leastNs = Infinity;
  for (const { ends, lookaheadNs } of links) {
    if (partOf[ends[0]] !== partOf[ends[1]]) leastNs = Math.min(leastNs, lookaheadNs);
  }
  return leastNs;
}

/** Names parts by their first nodes, unless pins have named them. */
function numbered(
  { links }: PartitionTopology,
  partOf: readonly number[],
  keepNumbers = false,
): Omit<Partition, 'hindrances'> {
  const numbers = new Map<number, number>();
  for (const part of partOf) if (!numbers.has(part)) numbers.set(part, numbers.size);
  const result = keepNumbers ? partOf : partOf.map((part) => numbers.get(part)!);
  return { parts: numbers.size, partOf: result, lookaheadNs: cutLookaheadNs(links, result) };
}

function hindrances({ links }: PartitionTopology, wanted: number, parts: number): string[] {
  if (parts >= wanted) return [];
  return links.filter(({ lookaheadNs }) => lookaheadNs <= 0).map(({ name }) => name);
}

/** Names in a sentence: the first few. */
export function listed(names: readonly string[], most = 5): string {
  const rest = names.length - most;
  return names.slice(0, most).join(', ') + (rest > 0 ? ` and ${rest} more` : '');
}

interface Contracted {
  /** Group of each node. */
  readonly groupOf: readonly number[];
  readonly groups: readonly { weight: number; pin: number | 'contradiction' | undefined }[];
  readonly edges: readonly GroupEdge[];
}

/** Nodes joined by links of less lookahead than the threshold become one. */
function contract({ nodes, links }: PartitionTopology, thresholdNs: number): Contracted {
  const parent = nodes.map((_, index) => index);
  const find = (node: number): number => {
    let root = node;
    while (parent[root] !== root) root = parent[root] = parent[parent[root]!]!;
    return root;
  };
  for (const { ends, lookaheadNs } of links) {
    if (lookaheadNs >= thresholdNs) continue;
    const [a, b] = [find(ends[0]), find(ends[1])];
    parent[Math.max(a, b)] = Math.min(a, b);
  }
  const numbers = new Map<number, number>();
  const groups: { weight: number; pin: number | 'contradiction' | undefined }[] = [];
  const groupOf = nodes.map(({ weight, pin }, index) => {
    const root = find(index);
    let number = numbers.get(root);
    if (number === undefined) {
      number = groups.push({ weight: 0, pin: undefined }) - 1;
      numbers.set(root, number);
    }
    const group = groups[number]!;
    group.weight += weight;
    if (pin !== undefined) {
      group.pin = group.pin === undefined || group.pin === pin ? pin : 'contradiction';
    }
    return number;
  });
  return { groupOf, groups, edges: edgesBetween(links, groupOf) };
}

function edgesBetween(links: readonly PartitionLink[], groupOf: readonly number[]): GroupEdge[] {
  const edges = new Map<string, { a: number; b: number; weight: number }>();
  for (const { ends, weight } of links) {
    const [a, b] = [groupOf[ends[0]]!, groupOf[ends[1]]!].sort((x, y) => x - y) as [number, number];
    if (a === b) continue;
    const key = `${a} ${b}`;
    const edge = edges.get(key);
    if (edge) edge.weight += weight;
    else edges.set(key, { a, b, weight });
  }
  return [...edges.values()];
}
