// SPDX-License-Identifier: GPL-2.0-only

/**
 * Randomness for hosts. A simulation's is seeded: xoshiro128** (Blackman and Vigna), which passes the usual
 * statistical batteries, needs 16 bytes of state and is fast on 32-bit integers. It is not for secrets; a host
 * that talks to the world takes SystemEntropy.
 */
import { randomFillSync } from 'node:crypto';
import type { Entropy } from '../kernel/index.js';

export type { Entropy };

/** The state of a generator: four numbers of 32 bits, not all 0. */
export type Xoshiro128State = readonly [number, number, number, number];

export class SeededEntropy implements Entropy {
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  constructor(state: Xoshiro128State) {
    [this.#a, this.#b, this.#c, this.#d] = state;
  }

  /** The stream called `name` of a seed. Streams of different names or seeds are independent of each other. */
  static fromSeed(seed: number | string, name = ''): SeededEntropy {
    return new SeededEntropy(hash(`${seed}\0${name}`));
  }

  /** For snapshots: `new SeededEntropy(state)` goes on from here. */
  get state(): Xoshiro128State {
    return [this.#a, this.#b, this.#c, this.#d];
  }

  /** Goes on from another state. */
  set state(state: Xoshiro128State) {
    [this.#a, this.#b, this.#c, this.#d] = state;
  }

  /** Uniform, 32 bits. */
  nextU32(): number {
    const times5 = Math.imul(this.#b, 5);
    const result = Math.imul((times5 << 7) | (times5 >>> 25), 9) >>> 0;
    const shifted = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= shifted;
    this.#d = (this.#d << 11) | (this.#d >>> 21);
    return result;
  }

  /** Uniform in [0, 1), with 53 bits. */
  nextFraction(): number {
    return ((this.nextU32() >>> 5) * 2 ** 26 + (this.nextU32() >>> 6)) / 2 ** 53;
  }

  fill(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += 4) {
      const word = this.nextU32();
      bytes[at] = word;
      bytes[at + 1] = word >>> 8;
      bytes[at + 2] = word >>> 16;
      bytes[at + 3] = word >>> 24;
    }
  }
}

// Kept: the module's export is virtual where a scenario runs.
const realRandomFillSync = randomFillSync;

/** The operating system's generator. */
export class SystemEntropy implements Entropy {
  fill(bytes: Uint8Array): void {
    realRandomFillSync(bytes);
  }
}

/** 128 bits of a text: four FNV-1a sums with different starts, each finished as MurmurHash3 does. */
function hash(text: string): Xoshiro128State {
  const bytes = new TextEncoder().encode(text);
  const sum = (start: number): number => {
    let value = start;
    for (const byte of bytes) value = Math.imul(value ^ byte, 0x01000193);
    value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
    value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
    return (value ^ (value >>> 16)) >>> 0;
  };
  // The starts are digits of pi and e: any four that differ will do.
  const state: Xoshiro128State = [
    sum(0x31415926),
    sum(0x53589793),
    sum(0x27182818),
    sum(0x28459045),
  ];
  return state.some((word) => word !== 0) ? state : [1, 2, 3, 4];
}
