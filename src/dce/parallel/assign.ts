// SPDX-License-Identifier: GPL-2.0-only

/**
 * Shares groups of nodes out to parts: evenly by weight first, then with little weight on the edges between parts.
 * Two drafts are made, neighbours in a row cut into runs and the heaviest first to the lightest part; the better
 * one, after moves at its borders, is taken. Nothing here depends on anything but the arguments.
 */
export interface Group {
  readonly weight: number;
  /** The part that it has to be in. */
  readonly pin: number | undefined;
}

export interface GroupEdge {
  readonly a: number;
  readonly b: number;
  readonly weight: number;
}

interface Draft {
  readonly partOf: number[];
  readonly weights: number[];
}

type Neighbours = readonly (readonly { readonly to: number; readonly weight: number }[])[];

/** Passes over all borders; each costs as much as there are edges. */
const passesMax = 8;

/** The part of each group. */
export function assign(
  groups: readonly Group[],
  edges: readonly GroupEdge[],
  parts: number,
): readonly number[] {
  const neighbours = neighboursOf(groups.length, edges);
  const drafts = [heaviestFirst(groups, neighbours, parts)];
  if (groups.every(({ pin }) => pin === undefined)) drafts.push(runs(groups, neighbours, parts));
  let best: Draft | undefined;
  for (const draft of drafts) {
    improve(groups, neighbours, draft);
    if (!best || isBetter(draft, best, edges)) best = draft;
  }
  return best!.partOf;
}

function neighboursOf(count: number, edges: readonly GroupEdge[]): Neighbours {
  const lists = Array.from({ length: count }, (): { to: number; weight: number }[] => []);
  for (const { a, b, weight } of edges) {
    lists[a]!.push({ to: b, weight });
    lists[b]!.push({ to: a, weight });
  }
  return lists;
}

/** The heaviest part decides, then what crosses. */
function isBetter(one: Draft, other: Draft, edges: readonly GroupEdge[]): boolean {
  const difference = Math.max(...one.weights) - Math.max(...other.weights);
  return difference < 0 || (difference === 0 && crossing(one, edges) < crossing(other, edges));
}

function crossing({ partOf }: Draft, edges: readonly GroupEdge[]): number {
  return edges.reduce((sum, { a, b, weight }) => sum + (partOf[a] === partOf[b] ? 0 : weight), 0);
}

function draftOf(groups: readonly Group[], partOf: number[], parts: number): Draft {
  const weights = new Array<number>(parts).fill(0);
  for (const [index, { weight }] of groups.entries()) weights[partOf[index]!]! += weight;
  return { partOf, weights };
}

/** Pinned groups where they belong; of the others the heaviest first, each to the lightest part or near its own. */
function heaviestFirst(groups: readonly Group[], neighbours: Neighbours, parts: number): Draft {
  const partOf = groups.map(({ pin }) => pin ?? -1);
  const weights = new Array<number>(parts).fill(0);
  for (const { weight, pin } of groups) if (pin !== undefined) weights[pin]! += weight;
  const order = groups.map((_, index) => index).filter((index) => groups[index]!.pin === undefined);
  order.sort((a, b) => groups[b]!.weight - groups[a]!.weight || a - b);
  for (const index of order) {
    const lightest = Math.min(...weights);
    const nearness = new Array<number>(parts).fill(0);
    for (const { to, weight } of neighbours[index]!) {
      if (partOf[to]! >= 0) nearness[partOf[to]!]! += weight;
    }
    let chosen = -1;
    for (let part = 0; part < parts; part++) {
      if (weights[part]! > lightest) continue;
      if (chosen < 0 || nearness[part]! > nearness[chosen]!) chosen = part;
    }
    partOf[index] = chosen;
    weights[chosen]! += groups[index]!.weight;
  }
  return { partOf, weights };
}

/** All groups in a row in which neighbours are near, cut where the weight of a run is full. */
function runs(groups: readonly Group[], neighbours: Neighbours, parts: number): Draft {
  const row = rowOf(groups.length, neighbours);
  const weights = row.map((group) => groups[group]!.weight);
  const limit = leastLimit(weights, parts);
  const partOf = new Array<number>(groups.length).fill(0);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let part = 0;
  let inPart = 0;
  let before = 0;
  for (const [at, group] of row.entries()) {
    const weight = weights[at]!;
    const share = (total * (part + 1)) / parts;
    const full = inPart > 0 && (inPart + weight > limit || before + weight / 2 > share);
    if (full && part < parts - 1 && fits(weights, at, parts - part - 1, limit)) {
      part++;
      inPart = 0;
    }
    partOf[group] = part;
    inPart += weight;
    before += weight;
  }
  return draftOf(groups, partOf, parts);
}

/** Whether what follows from `at` can be cut into so many runs of at most the limit. */
function fits(weights: readonly number[], at: number, parts: number, limit: number): boolean {
  let needed = 1;
  let sum = 0;
  for (let index = at; index < weights.length; index++) {
    sum += weights[index]!;
    if (sum <= limit) continue;
    needed++;
    sum = weights[index]!;
  }
  return needed <= parts;
}

/** The least weight of the heaviest run that a row can be cut into runs with. */
function leastLimit(weights: readonly number[], parts: number): number {
  let low = Math.max(0, ...weights);
  let high = weights.reduce((sum, weight) => sum + weight, 0);
  for (let step = 0; step < 50 && high - low > 1e-6 * high; step++) {
    const middle = (low + high) / 2;
    if (fits(weights, 0, parts, middle)) high = middle;
    else low = middle;
  }
  return high;
}

/** Depth first from a group at a far end; groups that nothing joins come one after the other. */
function rowOf(count: number, neighbours: Neighbours): number[] {
  const seen = new Array<boolean>(count).fill(false);
  const row: number[] = [];
  for (let first = 0; first < count; first++) {
    if (seen[first]!) continue;
    const stack = [farthest(first, neighbours)];
    while (stack.length > 0) {
      const group = stack.pop()!;
      if (seen[group]!) continue;
      seen[group] = true;
      row.push(group);
      const next = [...neighbours[group]!].sort((x, y) => x.weight - y.weight || y.to - x.to);
      for (const { to } of next) if (!seen[to]!) stack.push(to);
    }
  }
  return row;
}

/** The last group that a search in breadth reaches. */
function farthest(from: number, neighbours: Neighbours): number {
  const seen = new Set([from]);
  let last = from;
  for (const group of seen) {
    last = group;
    for (const { to } of neighbours[group]!) seen.add(to);
  }
  return last;
}

/** Moves groups over borders where less crosses then and no part becomes heavier than the heaviest is. */
function improve(groups: readonly Group[], neighbours: Neighbours, draft: Draft): void {
  const { partOf, weights } = draft;
  for (let pass = 0; pass < passesMax; pass++) {
    let moved = false;
    const heaviest = Math.max(...weights);
    for (const [index, { weight, pin }] of groups.entries()) {
      if (pin !== undefined) continue;
      const from = partOf[index]!;
      const nearness = new Map<number, number>();
      for (const { to, weight: edge } of neighbours[index]!) {
        nearness.set(partOf[to]!, (nearness.get(partOf[to]!) ?? 0) + edge);
      }
      let best = from;
      for (const [part, near] of [...nearness].sort(([a], [b]) => a - b)) {
        if (weights[part]! + weight > heaviest) continue;
        // A part that nothing is left in is a worker that nothing is to do for.
        if (weights[from]! - weight <= 0) continue;
        if (near > (nearness.get(best) ?? 0)) best = part;
      }
      if (best === from) continue;
      partOf[index] = best;
      weights[from]! -= weight;
      weights[best]! += weight;
      moved = true;
    }
    if (!moved) return;
  }
}
