// SPDX-License-Identifier: GPL-2.0-only

/**
 * The random stream of Linux's netem (`prandom_u32_state`: L'Ecuyer's taus113) from the seed that it is given, so
 * that a link of a simulation loses the very frames that netem loses.
 */
export class NetemRandom {
  #s1: number;
  #s2: number;
  #s3: number;
  #s4: number;

  constructor(seed: bigint) {
    const low = Number(((seed >> 32n) ^ (seed << 10n) ^ seed) & 0xffff_ffffn);
    const atLeast = (minimum: number): number => (low < minimum ? low + minimum : low);
    this.#s1 = atLeast(2);
    this.#s2 = atLeast(8);
    this.#s3 = atLeast(16);
    this.#s4 = atLeast(128);
  }

  /** From 0 to 2³² − 1. */
  next(): number {
    this.#s1 = step(this.#s1, 6, 13, 0xffff_fffe, 18);
    this.#s2 = step(this.#s2, 2, 27, 0xffff_fff8, 2);
    this.#s3 = step(this.#s3, 13, 21, 0xffff_fff0, 7);
    this.#s4 = step(this.#s4, 3, 12, 0xffff_ff80, 13);
    return (this.#s1 ^ this.#s2 ^ this.#s3 ^ this.#s4) >>> 0;
  }
}

function step(s: number, a: number, b: number, c: number, d: number): number {
  return (((s & c) << d) ^ (((s << a) ^ s) >>> b)) >>> 0;
}

/** Says of each frame whether netem with that loss and seed drops it; one draw a frame. */
export function netemLoss(lossProbability: number, seed: bigint): () => boolean {
  const random = new NetemRandom(seed);
  const threshold = Math.round(lossProbability * 0xffff_ffff);
  // netem draws only where there is something to lose.
  return () => threshold !== 0 && threshold >= random.next();
}
