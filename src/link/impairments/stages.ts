// SPDX-License-Identifier: GPL-2.0-only

/** The chain of stages that settings ask for; what they do not mention costs nothing. */
import type { Stateful } from '../../host/index.js';
import type { DirectionSettings } from '../settings.js';
import { CorruptStage } from './corrupt.js';
import { createLossModel, LossStage } from './loss.js';
import type { FrameStage, StageContext } from './stage.js';
import { DuplicateStage, ReorderStage } from './time.js';

interface StagesState {
  readonly loss: unknown;
  readonly corrupt: unknown;
}

export class Stages implements Stateful {
  /** Where frames enter. */
  readonly first: FrameStage;
  readonly #settings: DirectionSettings;
  readonly #loss: LossStage | undefined;
  readonly #corrupt: CorruptStage | undefined;

  /** `end` takes what comes through. */
  constructor(settings: DirectionSettings, context: StageContext, end: FrameStage) {
    const { loss, duplicateProbability, corrupt, reorder } = settings;
    this.#settings = settings;
    let next = end;
    if (reorder) next = new ReorderStage(reorder, context, next);
    if (corrupt.frameProbability > 0 || corrupt.bitErrorRate > 0) {
      this.#corrupt = new CorruptStage(corrupt, context, next);
      next = this.#corrupt;
    }
    if (duplicateProbability > 0) next = new DuplicateStage(duplicateProbability, context, next);
    if (loss.length > 0) {
      const models = loss.map((one) => createLossModel(one, context));
      this.#loss = new LossStage(models, context, next);
      next = this.#loss;
    }
    this.first = next;
  }

  /** Goes on where others were, as far as the settings are the same. */
  continueFrom(old: Stages): void {
    const { loss, corrupt } = this.#settings;
    const before = old.#settings;
    const sameLoss =
      loss.length === before.loss.length &&
      loss.every((model, index) => model === before.loss[index]);
    if (sameLoss && old.#loss) this.#loss?.restoreState(old.#loss.saveState());
    if (corrupt.bitErrorRate === before.corrupt.bitErrorRate && old.#corrupt) {
      this.#corrupt?.restoreState(old.#corrupt.saveState());
    }
  }

  saveState(): StagesState {
    return { loss: this.#loss?.saveState(), corrupt: this.#corrupt?.saveState() };
  }

  restoreState(saved: unknown): void {
    const { loss, corrupt } = saved as StagesState;
    this.#loss?.restoreState(loss);
    this.#corrupt?.restoreState(corrupt);
  }
}
