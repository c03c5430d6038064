// SPDX-License-Identifier: GPL-2.0-only

/**
 * Arguments in a host's memory, good and hostile. A pointer leads into a scratch area or to where a program has
 * nothing: zero, the kernel's image, past the end. It never leads into the kernel's heap, nor does any word of a
 * structure that could be taken for a pointer: without an MMU that memory is the program's own to ruin, as on
 * every Linux without one.
 */
import type { KernelInstance } from '../../../src/kernel/index.js';
import type { Dice } from './random.js';

export const dataBytes = 32 * 1024;
const structureBytes = 64 * 1024;
/** What a kernel may write past the end of what a careless program gave it. */
const slackBytes = 64 * 1024;
const garbageBytes = 512;

export class Scratch {
  readonly #kernel: KernelInstance;
  readonly #dice: Dice;
  readonly #structures: number;
  /** Where payload is sent from and received to. */
  readonly data: number;
  readonly #past: number;
  #used = 0;

  constructor(kernel: KernelInstance, dice: Dice) {
    this.#kernel = kernel;
    this.#dice = dice;
    this.#structures = kernel.alloc(structureBytes + dataBytes + slackBytes);
    this.data = this.#structures + structureBytes;
    this.#past = kernel.memoryMaxBytes + 0x10000;
  }

  release(): void {
    this.#kernel.free(this.#structures);
  }

  /** Forgets the structures of the call before. */
  reset(): void {
    this.#used = 0;
  }

  take(sizeBytes: number): number {
    const start = (this.#used + 15) & ~15;
    if (start + sizeBytes > structureBytes) throw new Error('scratch: one call took too much');
    this.#used = start + sizeBytes;
    return this.#structures + start;
  }

  /** A structure of 32-bit words. */
  words(...values: readonly number[]): number {
    const address = this.take(values.length * 4);
    const { u32 } = this.#kernel.memory;
    values.forEach((value, index) => (u32[(address >>> 2) + index] = value));
    return address;
  }

  bytes(values: ArrayLike<number>): number {
    const address = this.take(values.length);
    this.#kernel.memory.bytes.set(values, address);
    return address;
  }

  text(text: string): number {
    return this.bytes(new TextEncoder().encode(`${text}\0`));
  }

  /** Where a program has no memory. */
  hostile(): number {
    const dice = this.#dice;
    switch (dice.below(6)) {
      case 0:
        return 0;
      case 1:
        return dice.below(0x8000);
      case 2:
        return this.#past + dice.below(0x1000000);
      case 3:
        return 0xffffffff - dice.below(64);
      case 4:
        return 0x80000000 + dice.below(0x10000);
      default:
        return 0xfffff000;
    }
  }

  /** `address`, or now and then something hostile. */
  pointer(address: number): number {
    return this.#dice.oneIn(24) ? this.hostile() : address;
  }

  /** A word that no structure can be harmed by: small, negative, past all memory, or a scratch address. */
  word(): number {
    const dice = this.#dice;
    switch (dice.below(8)) {
      case 0:
      case 1:
        return 0;
      case 2:
        return 1;
      case 3:
        return dice.below(64);
      case 4:
        return dice.below(0x8000);
      case 5:
        return (0x80000000 | dice.word()) >>> 0;
      case 6:
        return 0xffffffff - dice.below(16);
      default:
        return dice.oneIn(4) ? this.hostile() : this.#structures + dice.below(256) * 16;
    }
  }

  /** A structure of such words. */
  garbage(): number {
    const address = this.take(garbageBytes);
    const { u32 } = this.#kernel.memory;
    const first = address >>> 2;
    const filled = this.#dice.below(2) === 0 ? garbageBytes / 4 : 16;
    for (let index = 0; index < garbageBytes / 4; index++) {
      u32[first + index] = index < filled ? this.word() : 0;
    }
    return address;
  }

  /** How much to send or receive: mostly little, sometimes more than there can be. */
  length(): number {
    const dice = this.#dice;
    switch (dice.below(20)) {
      case 0:
        return 0;
      case 1:
        return dice.pick([0xffffffff, 0x7fffffff, 0x80000000, this.#past]);
      case 2:
      case 3:
        return dice.below(dataBytes);
      case 4:
      case 5:
      case 6:
        return dice.below(1500);
      default:
        return dice.below(64) + 1;
    }
  }

  get view(): DataView {
    return this.#kernel.memory.view;
  }

  readWord(address: number): number {
    return this.#kernel.memory.u32[address >>> 2]!;
  }

  writePayload(index: number, value: number): void {
    this.#kernel.memory.bytes[this.data + (index % dataBytes)] = value;
  }
}
