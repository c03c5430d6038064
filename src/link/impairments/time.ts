// SPDX-License-Identifier: GPL-2.0-only

/** What changes when a frame arrives, and how often: jitter, frames held back, frames that come twice. */
import type { SeededEntropy } from '../../host/index.js';
import { exp, ln } from '../exact-math.js';
import type { FrameHandle } from '../frame-pool.js';
import type { JitterSettings, ReorderSettings } from '../settings.js';
import type { FrameStage, StageContext } from './stage.js';

/** Exponential and pareto jitter add no more than this times their mean. */
const tailMax = 20;
/** Normal jitter is cut at this many deviations. */
const deviationsMax = 4;
const paretoShape = 3;

/** What is added to a delay, in whole nanoseconds; it may be negative. */
export function drawJitterNs(settings: JitterSettings, entropy: SeededEntropy): number {
  const { amountNs, distribution } = settings;
  switch (distribution) {
    case 'uniform':
      return Math.round(amountNs * (2 * entropy.nextFraction() - 1));
    case 'normal':
      return Math.round(amountNs * drawNormal(entropy));
    case 'exponential':
      return Math.round(amountNs * Math.min(tailMax, -ln(1 - entropy.nextFraction())));
    case 'pareto': {
      // Lomax of this shape has the mean 1 / (shape - 1).
      const lomax = exp(-ln(1 - entropy.nextFraction()) / paretoShape) - 1;
      return Math.round(amountNs * Math.min(tailMax, lomax * (paretoShape - 1)));
    }
  }
}

/** Standard normal, cut, by Marsaglia's polar method. */
function drawNormal(entropy: SeededEntropy): number {
  for (;;) {
    const x = 2 * entropy.nextFraction() - 1;
    const y = 2 * entropy.nextFraction() - 1;
    const square = x * x + y * y;
    if (square >= 1 || square === 0) continue;
    const value = x * Math.sqrt((-2 * ln(square)) / square);
    if (Math.abs(value) <= deviationsMax) return value;
  }
}

/** Sends some frames twice; the second goes its own way from here on. */
export class DuplicateStage implements FrameStage {
  readonly #probability: number;
  readonly #context: StageContext;
  readonly #entropy: SeededEntropy;
  readonly #next: FrameStage;

  constructor(probability: number, context: StageContext, next: FrameStage) {
    this.#probability = probability;
    this.#context = context;
    this.#entropy = context.entropy('duplicate');
    this.#next = next;
  }

  push(frame: FrameHandle, extraDelayNs: number): void {
    if (this.#entropy.nextFraction() < this.#probability) {
      this.#context.counters.duplicated++;
      this.#context.pool.retain(frame);
      this.#next.push(frame, extraDelayNs);
    }
    this.#next.push(frame, extraDelayNs);
  }
}

/** Holds some frames back. */
export class ReorderStage implements FrameStage {
  readonly #settings: ReorderSettings;
  readonly #context: StageContext;
  readonly #entropy: SeededEntropy;
  readonly #next: FrameStage;

  constructor(settings: ReorderSettings, context: StageContext, next: FrameStage) {
    this.#settings = settings;
    this.#context = context;
    this.#entropy = context.entropy('reorder');
    this.#next = next;
  }

  push(frame: FrameHandle, extraDelayNs: number): void {
    const { probability, holdNs } = this.#settings;
    const held = this.#entropy.nextFraction() < probability;
    if (held) this.#context.counters.heldBack++;
    this.#next.push(frame, held ? extraDelayNs + holdNs : extraDelayNs);
  }
}
