// SPDX-License-Identifier: GPL-2.0-only

/** How far a run is, on one line of a terminal that is drawn again and again. */
import process from 'node:process';
import type { ScenarioProgress } from '../../scenario/index.js';
import { clearLine, duration } from '../terminal.js';

/** What the rates are means of. */
const windowSeconds = 2;

interface Sample {
  readonly wallSeconds: number;
  readonly nowNs: number;
  readonly events: number;
}

/** "12.345 s of 60 s, 345,678 events/s, 12 s left". */
export class ProgressText {
  #samples: Sample[] = [];

  next({ nowNs, endNs, events, wallSeconds }: ScenarioProgress): string {
    this.#samples.push({ nowNs, events, wallSeconds });
    while (wallSeconds - this.#samples[0]!.wallSeconds > windowSeconds) this.#samples.shift();
    const first = this.#samples[0]!;
    const elapsedSeconds = wallSeconds - first.wallSeconds;
    const virtual = `${(nowNs / 1e9).toFixed(3)} s`;
    const parts = [endNs === Infinity ? virtual : `${virtual} of ${endNs / 1e9} s`];
    if (elapsedSeconds > 0) {
      const perSecond = Math.round((events - first.events) / elapsedSeconds);
      parts.push(`${perSecond.toLocaleString('en')} events/s`);
      const nsPerSecond = (nowNs - first.nowNs) / elapsedSeconds;
      if (endNs !== Infinity && nsPerSecond > 0) {
        parts.push(`${duration(Math.max(0, endNs - nowNs) / nsPerSecond)} left`);
      }
    }
    return parts.join(', ');
  }
}

export class ProgressLine {
  readonly #shown: boolean;
  readonly #text = new ProgressText();

  /** On anything but a terminal it shows nothing. */
  constructor(wanted: boolean) {
    this.#shown = wanted && process.stdout.isTTY;
  }

  show(progress: ScenarioProgress): void {
    if (!this.#shown) return;
    const line = this.#text.next(progress);
    clearLine();
    process.stdout.write(line.slice(0, (process.stdout.columns || 80) - 1));
  }

  /** Makes room for something else. */
  clear(): void {
    if (this.#shown) clearLine();
  }
}
