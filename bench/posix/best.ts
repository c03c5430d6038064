// SPDX-License-Identifier: GPL-2.0-only

/** Puts two measurements of the same together, figure by figure. */
export function better<T extends object>(
  before: T,
  now: T,
  choose: (a: number, b: number) => number,
): T {
  const chosen = Object.entries(now as Record<string, number>).map(([name, value]) => [
    name,
    choose((before as Record<string, number>)[name] ?? value, value),
  ]);
  return Object.fromEntries(chosen) as T;
}
