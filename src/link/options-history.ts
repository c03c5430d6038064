// SPDX-License-Identifier: GPL-2.0-only

/**
 * The options of a direction, now and before, so that a snapshot can name them: functions cannot be copied, but
 * the same topology gives the same functions again.
 */
import { LibosError } from '../errors.js';
import type { FrameView } from './frame-view.js';
import type { DirectionOptions, LossOptions } from './options.js';

type Predicate = (frame: FrameView) => boolean;

/** Options with the numbers of predicates in their place. */
export interface SavedOptions {
  readonly options: Omit<DirectionOptions, 'loss'>;
  readonly loss: readonly SavedLoss[];
}

type SavedLoss = Exclude<LossOptions, Predicate> | { readonly predicate: number };

export class OptionsHistory {
  #current: DirectionOptions;
  readonly #predicates: Predicate[] = [];

  constructor(options: DirectionOptions) {
    this.#current = options;
    this.#note(options);
  }

  get current(): DirectionOptions {
    return this.#current;
  }

  add(options: DirectionOptions): void {
    this.#current = options;
    this.#note(options);
  }

  save(): SavedOptions {
    const { loss, ...options } = this.#current;
    return {
      options: structuredClone(options),
      loss: list(loss).map((one) =>
        typeof one === 'function'
          ? { predicate: this.#predicates.indexOf(one) }
          : structuredClone(one),
      ),
    };
  }

  /** `what` names the direction in errors. */
  restore(saved: SavedOptions, what: string): DirectionOptions {
    const loss = saved.loss.map((one): LossOptions => {
      if (typeof one === 'number' || !('predicate' in one)) return one;
      const predicate = this.#predicates[one.predicate];
      if (predicate) return predicate;
      throw new LibosError(
        'ERR_LIBOS_SNAPSHOT',
        `${what}: the snapshot's link loses frames by a predicate that this one was never given`,
        { hint: 'build the same topology, with the same options, before restoring' },
      );
    });
    const options = { ...saved.options, ...(loss.length > 0 ? { loss } : {}) };
    this.#current = options;
    return options;
  }

  #note(options: DirectionOptions): void {
    for (const one of list(options.loss)) {
      if (typeof one === 'function' && !this.#predicates.includes(one)) this.#predicates.push(one);
    }
  }
}

function list(loss: DirectionOptions['loss']): readonly LossOptions[] {
  if (loss === undefined) return [];
  return Array.isArray(loss) ? (loss as readonly LossOptions[]) : [loss as LossOptions];
}
