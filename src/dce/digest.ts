// SPDX-License-Identifier: GPL-2.0-only

/**
 * A run in a short text, for two people to compare: a stream of numbers each for what an interface carried, what
 * a host logged and what a series holds, summed as it comes and put together in the order of names. So it does
 * not matter on which thread a part ran. The sum is made as xxHash32's is (four lanes of 32 bits), which is fast;
 * it tells runs that differ from each other and is no defence against anybody.
 */
import { LibosError } from '../errors.js';

/** The first three of xxHash32's primes, as 32-bit integers. */
const [primeA, primeB, primeC] = [0x9e3779b1 | 0, 0x85ebca77 | 0, 0xc2b2ae3d | 0];
const twoTo32 = 2 ** 32;
/** Four words, one a lane. */
const roundBytes = 16;

/** What has been summed of one stream: cloneable, and complete. @internal */
export interface DigestPart {
  /** Unique among the parts of a run. */
  readonly name: string;
  readonly lanes: readonly [number, number, number, number];
  /** Items summed. */
  readonly count: number;
}

/** One stream's sum. Every item goes in by whole rounds of four words, so that no two sequences look alike. */
export class DigestStream {
  readonly name: string;
  readonly #lanes = Int32Array.of(primeA, primeB, 0, primeC);
  #count = 0;

  constructor(name: string) {
    this.name = name;
  }

  /** An item of four numbers, of which 32 bits each count. */
  add(a: number, b: number, c: number, d: number): void {
    this.#round(a, b, c, d);
    this.#count++;
  }

  /** An item of a time, a number of 32 bits and bytes. Times are whole and below 2^53. */
  addBytes(timeNs: number, tag: number, bytes: Uint8Array): void {
    const { buffer, byteOffset, byteLength } = bytes;
    this.addMemory(timeNs, tag, new DataView(buffer, byteOffset, byteLength), 0, byteLength);
  }

  /** The same of bytes that begin at a place in memory. */
  addMemory(timeNs: number, tag: number, memory: DataView, at: number, lengthBytes: number): void {
    const lanes = this.#lanes;
    let a = lane(lanes[0]!, timeNs);
    let b = lane(lanes[1]!, timeNs / twoTo32);
    let c = lane(lanes[2]!, tag);
    let d = lane(lanes[3]!, lengthBytes);
    const end = at + lengthBytes;
    let next = at;
    for (; next + roundBytes <= end; next += roundBytes) {
      a = lane(a, memory.getInt32(next, true));
      b = lane(b, memory.getInt32(next + 4, true));
      c = lane(c, memory.getInt32(next + 8, true));
      d = lane(d, memory.getInt32(next + 12, true));
    }
    // What is left, with zeros after it.
    if (next < end) {
      a = lane(a, wordBefore(memory, next, end));
      b = lane(b, wordBefore(memory, next + 4, end));
      c = lane(c, wordBefore(memory, next + 8, end));
      d = lane(d, wordBefore(memory, next + 12, end));
    }
    lanes[0] = a;
    lanes[1] = b;
    lanes[2] = c;
    lanes[3] = d;
    this.#count++;
  }

  /** An item of a time and a text. */
  addText(timeNs: number, tag: number, text: string): void {
    this.addBytes(timeNs, tag, new TextEncoder().encode(text));
  }

  /** An item of numbers, bit by bit: -0 and 0 differ. */
  addNumbers(numbers: Float64Array): void {
    const words = new Uint32Array(numbers.buffer, numbers.byteOffset, numbers.length * 2);
    this.#round(words.length, 0, 0, 0);
    for (let at = 0; at < words.length; at += 4) {
      this.#round(words[at]!, words[at + 1]!, words[at + 2] ?? 0, words[at + 3] ?? 0);
    }
    this.#count++;
  }

  get part(): DigestPart {
    const [a, b, c, d] = this.#lanes;
    return { name: this.name, lanes: [a!, b!, c!, d!], count: this.#count };
  }

  /** Goes on from where a part of this name was. */
  set part({ name, lanes, count }: DigestPart) {
    if (name !== this.name) throw new Error(`digest: ${name} is not ${this.name}`);
    this.#lanes.set(lanes);
    this.#count = count;
  }

  #round(a: number, b: number, c: number, d: number): void {
    const lanes = this.#lanes;
    lanes[0] = lane(lanes[0]!, a);
    lanes[1] = lane(lanes[1]!, b);
    lanes[2] = lane(lanes[2]!, c);
    lanes[3] = lane(lanes[3]!, d);
  }
}

function lane(sum: number, value: number): number {
  const mixed = (sum + Math.imul(value, primeB)) | 0;
  return Math.imul((mixed << 13) | (mixed >>> 19), primeA);
}

/** Four bytes, those from `end` on as zeros. */
function wordBefore(memory: DataView, at: number, end: number): number {
  if (at + 4 <= end) return memory.getInt32(at, true);
  let word = 0;
  for (let i = at; i < end; i++) word |= memory.getUint8(i) << (8 * (i - at));
  return word;
}

/** The digest of parts: 16 hexadecimal digits, whatever order they come in. @internal */
export function combineDigest(parts: Iterable<DigestPart>): string {
  const sorted = [...parts].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  const total = new DigestStream('total');
  for (const [index, { name, lanes, count }] of sorted.entries()) {
    if (name === sorted[index - 1]?.name) {
      throw new LibosError('ERR_LIBOS_DIGEST', `two parts of a digest are called ${name}`);
    }
    total.addText(count, 0, name);
    total.add(...lanes);
  }
  const [a, b, c, d] = total.part.lanes;
  return hex(avalanche(a ^ avalanche(c))) + hex(avalanche(b ^ avalanche(d)));
}

/** Every bit of the result depends on every bit (xxHash32's last step). */
function avalanche(value: number): number {
  let mixed = Math.imul(value ^ (value >>> 15), primeB);
  mixed = Math.imul(mixed ^ (mixed >>> 13), primeC);
  return mixed ^ (mixed >>> 16);
}

function hex(value: number): string {
  return (value >>> 0).toString(16).padStart(8, '0');
}
