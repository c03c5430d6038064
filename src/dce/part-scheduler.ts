// SPDX-License-Identifier: GPL-2.0-only

/** The scheduler of one part of a simulation. It keeps the part's order, and that others leave its island alone. */
import type { Runnable, Scheduler, TargetId, Timed } from '../host/index.js';
import { LibosError } from '../errors.js';
import type { Engine } from './engine.js';

/** In the place of an island's number: all have their turn together. */
export const allIslands = -1;

export class PartScheduler implements Scheduler {
  readonly #engine: Engine;
  /** Of its next event. */
  nextOrder: number;
  /** The island that its part is on. */
  island: number;

  constructor(engine: Engine, firstOrder: number, island: number) {
    this.#engine = engine;
    this.nextOrder = firstOrder;
    this.island = island;
  }

  get nowNs(): number {
    this.#checkTurn();
    return this.#engine.clock.nowNs;
  }

  register(target: Timed): TargetId {
    return this.#engine.register(target);
  }

  at(timeNs: number, target: TargetId, a: number, b: number): void {
    this.#checkTurn();
    this.#engine.add(timeNs, this.nextOrder++, target, a, b);
  }

  runBeforeTimeMoves(kernel: Runnable): void {
    this.#checkTurn();
    this.#engine.runBeforeTimeMoves(kernel);
  }

  programsWoken(): void {
    this.#checkTurn();
    this.#engine.programsWoken();
  }

  #checkTurn(): void {
    const { island } = this.#engine;
    if (island !== allIslands && island !== this.island) throw notItsTurn();
  }
}

function notItsTurn(): LibosError {
  return new LibosError(
    'ERR_LIBOS_ISOLATED',
    'a program, or a rule of a link, reaches a host or link that nothing joins to its own',
    {
      hint: 'with isolatedHosts the scenario promises that it does not: let hosts talk over links, or leave isolatedHosts out',
    },
  );
}
