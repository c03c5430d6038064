// SPDX-License-Identifier: GPL-2.0-only

/** Functions that are asked for each frame: it passes, is dropped, or comes later. */
import { LibosError } from '../../errors.js';
import { parseDurationNs } from '../../units.js';
import type { FrameHandle } from '../frame-pool.js';
import type { FrameView } from '../frame-view.js';
import type { FrameStage, StageContext } from './stage.js';

/** `delay`, in nanoseconds or with a unit, comes on top of the link's; such a frame may be overtaken. */
export type RuleAnswer = 'pass' | 'drop' | { readonly delay: string | number };

/** The first rule that does not say pass decides. */
export type Rule = (frame: FrameView) => RuleAnswer;

export class Rules implements FrameStage {
  readonly #context: StageContext;
  readonly #next: () => FrameStage;
  /** An object each, so that a function may be there twice. */
  readonly #rules = new Set<{ readonly rule: Rule }>();

  constructor(context: StageContext, next: () => FrameStage) {
    this.#context = context;
    this.#next = next;
  }

  get length(): number {
    return this.#rules.size;
  }

  add(rule: Rule): Disposable {
    const entry = { rule };
    this.#rules.add(entry);
    return { [Symbol.dispose]: () => void this.#rules.delete(entry) };
  }

  push(frame: FrameHandle, extraDelayNs: number): void {
    const { pool, counters } = this.#context;
    const delayNs = this.#ask(this.#context.view(frame));
    if (delayNs === undefined) {
      counters.droppedByRule++;
      pool.release(frame);
      return;
    }
    if (delayNs > 0) counters.heldBack++;
    this.#next().push(frame, extraDelayNs + delayNs);
  }

  /** What the rules add to the delay; undefined: the frame is dropped. */
  #ask(view: FrameView): number | undefined {
    for (const { rule } of this.#rules) {
      const answer = rule(view);
      if (answer === 'pass') continue;
      if (answer === 'drop') return undefined;
      return delayOf(answer);
    }
    return 0;
  }
}

function delayOf(answer: { readonly delay: string | number }): number {
  // A rule without types may answer anything.
  const given = answer as { readonly delay?: string | number } | null | undefined;
  if (typeof given !== 'object' || given?.delay === undefined) {
    throw new LibosError('ERR_LIBOS_RULE', `a rule answered ${JSON.stringify(answer)}`, {
      hint: "a rule answers 'pass', 'drop' or { delay: '10 ms' } at once, not by a promise",
    });
  }
  return parseDurationNs(given.delay, 'rule: delay');
}
