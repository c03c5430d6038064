// SPDX-License-Identifier: GPL-2.0-only

/** The fuzzers' dice: the same seed gives the same throws everywhere. Not for anything else. */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** 0 to 2^32 - 1 (Mulberry32). */
  word(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }

  /** 0 to `count` - 1. */
  below(count: number): number {
    return this.word() % count;
  }

  /** True once in `times`. */
  oneIn(times: number): boolean {
    return this.word() % times === 0;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.word() % list.length]!;
  }

  /** Some of the bits. */
  flags(bits: readonly number[]): number {
    let flags = 0;
    for (const bit of bits) if ((this.word() & 3) === 0) flags |= bit;
    return flags;
  }
}

/** A list in which each entry stands as often as its weight says. */
export function weighted<T>(entries: readonly (readonly [weight: number, entry: T])[]): T[] {
  return entries.flatMap(([weight, entry]) => Array<T>(weight).fill(entry));
}
