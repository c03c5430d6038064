// SPDX-License-Identifier: GPL-2.0-only

const runsMax = 20;
const runsWithoutBetter = 5;

/**
 * The best of many runs, until so many in a row were not better: the first ones are what the compiler learns from, on
 * the same core, and whatever else the machine does slows others.
 */
export async function best<T>(measure: () => Promise<T>, rateOf: (run: T) => number): Promise<T> {
  let found = await measure();
  for (let run = 1, last = 0; run < runsMax && run - last <= runsWithoutBetter; run++) {
    const next = await measure();
    if (rateOf(next) <= rateOf(found)) continue;
    found = next;
    last = run;
  }
  return found;
}
