// SPDX-License-Identifier: GPL-2.0-only

/** All randomness of a simulation: streams by name, each from the seed and its name alone. */
import { SeededEntropy, type Stateful } from '../host/index.js';

export class Streams implements Stateful {
  #seed: number | string;
  /** Those that were given out, in order. */
  readonly #given: { readonly name: string; readonly stream: SeededEntropy }[] = [];

  constructor(seed: number | string) {
    this.#seed = seed;
  }

  get seed(): number | string {
    return this.#seed;
  }

  /** From its beginning. */
  open(name: string): SeededEntropy {
    const stream = SeededEntropy.fromSeed(this.#seed, name);
    this.#given.push({ name, stream });
    return stream;
  }

  /** All that were given out go on as those of another seed. */
  reseed(seed: number | string): void {
    this.#seed = seed;
    for (const { name, stream } of this.#given) {
      stream.state = SeededEntropy.fromSeed(seed, name).state;
    }
  }

  saveState(): readonly SeededEntropy['state'][] {
    return this.#given.map(({ stream }) => stream.state);
  }

  /** Those that were given out since are given up. */
  restoreState(saved: unknown): void {
    const states = saved as readonly SeededEntropy['state'][];
    this.#given.length = states.length;
    for (const [index, { stream }] of this.#given.entries()) stream.state = states[index]!;
  }
}
