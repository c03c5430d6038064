// SPDX-License-Identifier: GPL-2.0-only

/**
 * Flipped bits. Whatever the sender left to its device is done before, so that a checksum covers what was sent
 * and the receiver notices.
 */
import type { SeededEntropy } from '../../host/index.js';
import { createOffloads } from '../attachment.js';
import { ln } from '../exact-math.js';
import type { FrameHandle, FramePool } from '../frame-pool.js';
import { completeChecksum } from '../segment.js';
import type { CorruptSettings } from '../settings.js';
import type { FrameStage, StageContext, StatefulStage } from './stage.js';

const none = createOffloads();

export class CorruptStage implements StatefulStage {
  readonly #settings: CorruptSettings;
  readonly #context: StageContext;
  readonly #entropy: SeededEntropy;
  readonly #next: FrameStage;
  readonly #offloads = createOffloads();
  /** Good bits before the next bad one, with a bit error rate; -1: not drawn yet. */
  #goodBits = -1;

  constructor(settings: CorruptSettings, context: StageContext, next: FrameStage) {
    this.#settings = settings;
    this.#context = context;
    this.#entropy = context.entropy('corrupt');
    this.#next = next;
  }

  push(frame: FrameHandle, extraDelayNs: number): void {
    const bits = this.#context.pool.lengthOf(frame) * 8;
    let corrupted = frame;
    if (this.#settings.frameProbability > 0) {
      if (this.#entropy.nextFraction() < this.#settings.frameProbability) {
        corrupted = this.#prepare(frame);
        this.#flip(corrupted, Math.floor(this.#entropy.nextFraction() * bits));
      }
    } else if (this.#bitsBeforeError < bits) {
      corrupted = this.#prepare(frame);
      let bit = this.#goodBits;
      for (; bit < bits; bit += 1 + this.#drawGoodBits()) this.#flip(corrupted, bit);
      this.#goodBits = bit - bits;
    } else {
      this.#goodBits -= bits;
    }
    this.#next.push(corrupted, extraDelayNs);
  }

  get #bitsBeforeError(): number {
    if (this.#goodBits < 0) this.#goodBits = this.#drawGoodBits();
    return this.#goodBits;
  }

  saveState(): number {
    return this.#goodBits;
  }

  restoreState(state: unknown): void {
    this.#goodBits = state as number;
  }

  /** The frame as a wire carries it, and nobody else's. */
  #prepare(frame: FrameHandle): FrameHandle {
    this.#context.counters.corrupted++;
    return completeInPool(this.#context.pool, frame, this.#offloads);
  }

  #flip(frame: FrameHandle, bit: number): void {
    const { pool } = this.#context;
    pool.bytes[pool.offsetOf(frame) + Math.floor(bit / 8)]! ^= 1 << (bit & 7);
  }

  /** Geometric: how many trials fail before one succeeds. */
  #drawGoodBits(): number {
    const { bitErrorRate } = this.#settings;
    if (bitErrorRate === 1) return 0;
    return Math.floor(ln(1 - this.#entropy.nextFraction()) / ln(1 - bitErrorRate));
  }
}

/** Does what was left to the device, in a frame that is one segment: this one, or a copy in its place. */
export function completeInPool(
  pool: FramePool,
  frame: FrameHandle,
  offloads = createOffloads(),
): FrameHandle {
  const own = pool.own(frame);
  pool.readOffloads(own, offloads);
  completeChecksum(pool.view(own), offloads);
  pool.writeOffloads(own, none);
  return own;
}
