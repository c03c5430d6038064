// SPDX-License-Identifier: GPL-2.0-only

/** Frames that are lost on the way. */
import type { SeededEntropy, Stateful } from '../../host/index.js';
import type { FrameHandle } from '../frame-pool.js';
import type { FrameView } from '../frame-view.js';
import type { LossOptions } from '../options.js';
import { burstSettings, type BurstSettings } from '../settings.js';
import type { FrameStage, StageContext, StatefulStage } from './stage.js';

export interface LossModel extends Stateful {
  loses(frame: FrameHandle): boolean;
}

export class LossStage implements StatefulStage {
  readonly #models: readonly LossModel[];
  readonly #context: StageContext;
  readonly #next: FrameStage;

  constructor(models: readonly LossModel[], context: StageContext, next: FrameStage) {
    this.#models = models;
    this.#context = context;
    this.#next = next;
  }

  push(frame: FrameHandle, extraDelayNs: number): void {
    for (const model of this.#models) {
      if (!model.loses(frame)) continue;
      this.#context.counters.droppedByLoss++;
      this.#context.pool.release(frame);
      return;
    }
    this.#next.push(frame, extraDelayNs);
  }

  saveState(): unknown[] {
    return this.#models.map((model) => model.saveState());
  }

  restoreState(state: unknown): void {
    for (const [index, one] of (state as unknown[]).entries()) {
      this.#models[index]!.restoreState(one);
    }
  }
}

/** `loss` has been checked. */
export function createLossModel(loss: LossOptions, context: StageContext): LossModel {
  if (typeof loss === 'function') return new PredicateLoss(loss, (frame) => context.view(frame));
  if (typeof loss === 'number') return new UniformLoss(loss, context.entropy('loss'));
  if ('every' in loss) return new PeriodicLoss(loss.every);
  const settings = burstSettings(loss.gilbertElliott, 'gilbertElliott');
  return new BurstLoss(settings, context.entropy('loss'));
}

/** Each frame with the same probability. */
export class UniformLoss implements LossModel {
  readonly #probability: number;
  readonly #entropy: SeededEntropy;

  constructor(probability: number, entropy: SeededEntropy) {
    this.#probability = probability;
    this.#entropy = entropy;
  }

  loses(): boolean {
    return this.#entropy.nextFraction() < this.#probability;
  }

  saveState(): undefined {
    return undefined;
  }

  restoreState(): void {
    // It has none beside the stream, which is the direction's.
  }
}

/** Each nth frame. */
export class PeriodicLoss implements LossModel {
  readonly #period: number;
  #count = 0;

  constructor(period: number) {
    this.#period = period;
  }

  loses(): boolean {
    this.#count = (this.#count + 1) % this.#period;
    return this.#count === 0;
  }

  saveState(): number {
    return this.#count;
  }

  restoreState(state: unknown): void {
    this.#count = state as number;
  }
}

/**
 * Bursts, after Gilbert (1960) and Elliott (1963): a chain of a good and a bad state, each with a probability of
 * loss. A frame is judged by the state that it finds, which then may change.
 */
export class BurstLoss implements LossModel {
  readonly #settings: BurstSettings;
  readonly #entropy: SeededEntropy;
  #isBad = false;

  constructor(settings: BurstSettings, entropy: SeededEntropy) {
    this.#settings = settings;
    this.#entropy = entropy;
  }

  loses(): boolean {
    const { toBad, toGood, lossInBad, lossInGood } = this.#settings;
    const lost = this.#happens(this.#isBad ? lossInBad : lossInGood);
    if (this.#happens(this.#isBad ? toGood : toBad)) this.#isBad = !this.#isBad;
    return lost;
  }

  saveState(): boolean {
    return this.#isBad;
  }

  restoreState(state: unknown): void {
    this.#isBad = state as boolean;
  }

  #happens(probability: number): boolean {
    return this.#entropy.nextFraction() < probability;
  }
}

/** What the caller's function says; it keeps its own state, if it has one. */
class PredicateLoss implements LossModel {
  readonly #predicate: (frame: FrameView) => boolean;
  readonly #view: (frame: FrameHandle) => FrameView;

  constructor(predicate: (frame: FrameView) => boolean, view: (frame: FrameHandle) => FrameView) {
    this.#predicate = predicate;
    this.#view = view;
  }

  loses(frame: FrameHandle): boolean {
    return this.#predicate(this.#view(frame));
  }

  saveState(): undefined {
    return undefined;
  }

  restoreState(): void {
    // It has none that we know of.
  }
}
