// SPDX-License-Identifier: GPL-2.0-only

/** How long what happens in one part takes to be felt in another, by any way through the parts. */
export interface CutLink {
  readonly from: number;
  readonly to: number;
  readonly lookaheadNs: number;
}

/**
 * The least time from each part to each: element `from * parts + to`. From a part to itself: there and back.
 * Infinity where there is no way.
 */
export function lookaheads(parts: number, cut: Iterable<CutLink>): Float64Array {
  const least = new Float64Array(parts * parts).fill(Infinity);
  for (const { from, to, lookaheadNs } of cut) {
    const at = from * parts + to;
    least[at] = Math.min(least[at]!, lookaheadNs);
  }
  // Floyd and Warshall; the diagonal starts at Infinity, so that it becomes the shortest way round.
  for (let by = 0; by < parts; by++) {
    for (let from = 0; from < parts; from++) {
      const first = least[from * parts + by]!;
      for (let to = 0; to < parts; to++) {
        const at = from * parts + to;
        least[at] = Math.min(least[at]!, first + least[by * parts + to]!);
      }
    }
  }
  return least;
}
