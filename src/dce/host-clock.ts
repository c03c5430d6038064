// SPDX-License-Identifier: GPL-2.0-only

/**
 * A host's own clock. It counts from the simulation's start as virtual time does, unless it is told to drift; its
 * kernel's CLOCK_MONOTONIC is that, counted from its boot. Its calendar (CLOCK_REALTIME) can be wrong by an offset.
 */
import type { Clock, Stateful } from '../host/index.js';
import { LibosError } from '../errors.js';
import { parseDurationNs } from '../units.js';

/** Linux takes a time of 0 for none: a host has been up for a second when it starts. */
export const uptimeAtStartNs = 1e9;

/** A crystal is wrong by 100 parts per million at most; this is for tests. */
const driftPpmMax = 500_000;

/** How a host's clock goes wrong; what is left out stays as it is. */
export interface ClockSettings {
  /** How much the calendar is ahead of the simulation's from now on, e.g. "5 min" or "-3 s". */
  readonly offset?: number | string;
  /** How much faster the clock runs from now on, in millionths; negative: slower. */
  readonly driftPpm?: number;
}

interface HostClockState {
  readonly baseElapsedNs: number;
  readonly baseTimelineNs: number;
  readonly rate: number;
  readonly bootElapsedNs: number;
  readonly offsetNs: number;
}

export class HostClock implements Clock, Stateful {
  readonly #timeline: Clock;
  readonly #changed: () => void;
  readonly #mayChange: () => boolean;
  /** What it showed when its rate was set last, and when that was. */
  #baseElapsedNs = 0;
  #baseTimelineNs = 0;
  #rate = 1;
  #bootElapsedNs = 0;
  #offsetNs = 0;

  /** `changed` is called after each change, which `mayChange` allows. @internal */
  constructor(timeline: Clock, changed: () => void, mayChange: () => boolean = () => true) {
    this.#timeline = timeline;
    this.#changed = changed;
    this.#mayChange = mayChange;
  }

  /** CLOCK_MONOTONIC. */
  get nowNs(): number {
    return this.elapsedNs - this.#bootElapsedNs + uptimeAtStartNs;
  }

  /** Since the simulation's start, by this clock. */
  get elapsedNs(): number {
    return this.#elapsedAt(this.#timeline.nowNs);
  }

  /** How much its calendar is ahead of what it would be with the clock right at the start. */
  get offsetNs(): number {
    return this.#offsetNs;
  }

  get driftPpm(): number {
    return Math.round((this.#rate - 1) * 1e6);
  }

  /** The first moment of virtual time at which CLOCK_MONOTONIC has reached `localNs`. */
  toTimelineNs(localNs: number): number {
    const elapsedNs = localNs - uptimeAtStartNs + this.#bootElapsedNs;
    const sinceBaseNs = elapsedNs - this.#baseElapsedNs;
    if (this.#rate === 1 || sinceBaseNs === Infinity) return this.#baseTimelineNs + sinceBaseNs;
    let timeNs = this.#baseTimelineNs + Math.ceil(sinceBaseNs / this.#rate);
    while (this.#elapsedAt(timeNs) < elapsedNs) timeNs++;
    return timeNs;
  }

  /** Makes the clock wrong, or right again, from now on. */
  set({ offset, driftPpm }: ClockSettings): void {
    if (!this.#mayChange()) return;
    if (driftPpm !== undefined) this.#setDrift(driftPpm);
    if (offset !== undefined) this.#offsetNs = parseSignedNs(offset);
    this.#changed();
  }

  /** CLOCK_MONOTONIC begins again. Context: called by the host, when a kernel of it boots. @internal */
  restart(): void {
    this.#bootElapsedNs = this.elapsedNs;
  }

  /** @internal */
  saveState(): HostClockState {
    return {
      baseElapsedNs: this.#baseElapsedNs,
      baseTimelineNs: this.#baseTimelineNs,
      rate: this.#rate,
      bootElapsedNs: this.#bootElapsedNs,
      offsetNs: this.#offsetNs,
    };
  }

  /** @internal */
  restoreState(saved: unknown): void {
    const state = saved as HostClockState;
    this.#baseElapsedNs = state.baseElapsedNs;
    this.#baseTimelineNs = state.baseTimelineNs;
    this.#rate = state.rate;
    this.#bootElapsedNs = state.bootElapsedNs;
    this.#offsetNs = state.offsetNs;
  }

  #setDrift(driftPpm: number): void {
    if (!(Math.abs(driftPpm) <= driftPpmMax)) {
      throw new LibosError('ERR_LIBOS_CLOCK', `a clock cannot drift by ${driftPpm} ppm`, {
        hint: `up to ${driftPpmMax} in both directions are possible; 50 is a bad crystal`,
      });
    }
    this.#baseElapsedNs = this.elapsedNs;
    this.#baseTimelineNs = this.#timeline.nowNs;
    this.#rate = 1 + driftPpm / 1e6;
  }

  #elapsedAt(timelineNs: number): number {
    const sinceBaseNs = timelineNs - this.#baseTimelineNs;
    if (this.#rate === 1) return this.#baseElapsedNs + sinceBaseNs;
    return this.#baseElapsedNs + Math.floor(sinceBaseNs * this.#rate);
  }
}

function parseSignedNs(value: number | string): number {
  if (typeof value === 'number')
    return parseDurationNs(Math.abs(value), 'offset') * Math.sign(value);
  const negative = /^\s*-/.test(value);
  return parseDurationNs(value.replace(/^\s*[-+]/, ''), 'offset') * (negative ? -1 : 1);
}
