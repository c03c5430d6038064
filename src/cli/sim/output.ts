// SPDX-License-Identifier: GPL-2.0-only

/** What a scenario prints while it runs. The seed comes first: until it is known, everything else waits. */
import process from 'node:process';
import { formatLogLine, type LogLine } from '../../dce/index.js';
import type { ScenarioProgress } from '../../scenario/index.js';
import { bold, dim } from '../terminal.js';
import type { ProgressLine } from './progress.js';

type Stream = 'stdout' | 'stderr';

export class SimOutput {
  readonly #quiet: boolean;
  readonly #json: boolean;
  readonly #progress: ProgressLine;
  #waiting: [Stream, string][] | undefined = [];

  constructor(options: { quiet: boolean; json: boolean; progress: ProgressLine }) {
    this.#quiet = options.quiet;
    this.#json = options.json;
    this.#progress = options.progress;
  }

  /** The first simulation's seed. */
  seed(seed: number | string): void {
    if (!this.#waiting) return;
    if (!this.#json) process.stdout.write(`${bold(`seed ${seed}`)}\n`);
    this.flush();
  }

  /** Nothing comes before the seed. */
  progress(state: ScenarioProgress): void {
    if (!this.#waiting) this.#progress.show(state);
  }

  /** What the scenario prints itself; with JSON on standard output, it goes to standard error. */
  text(text: string, stream: Stream): void {
    this.#write(this.#json ? 'stderr' : stream, text);
  }

  log(line: LogLine): void {
    if (!this.#quiet) this.#write('stdout', `${dim(formatLogLine(line))}\n`);
  }

  /** There will be no seed: what has waited is said. */
  flush(): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const [stream, text] of waiting) this.#write(stream, text);
  }

  #write(stream: Stream, text: string): void {
    if (this.#waiting) {
      this.#waiting.push([stream, text]);
      return;
    }
    this.#progress.clear();
    process[stream].write(text);
  }
}
