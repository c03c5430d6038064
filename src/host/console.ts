// SPDX-License-Identifier: GPL-2.0-only

/** Consoles: who listens to a kernel's log. */
import type { Console, ConsoleRecord } from '../kernel/index.js';

export type { Console, ConsoleRecord };

/** Keeps the last records. */
export class ConsoleLog {
  readonly #recordsMax: number;
  readonly #records: ConsoleRecord[] = [];

  constructor(recordsMax = 1000) {
    this.#recordsMax = recordsMax;
  }

  readonly console: Console = (record) => {
    if (this.#records.length === this.#recordsMax) this.#records.shift();
    this.#records.push(record);
  };

  get records(): readonly ConsoleRecord[] {
    return this.#records;
  }

  /** All that was said at this level or a graver one, a line each. */
  text(levelMax = 7): string {
    return this.#records
      .filter(({ level }) => level <= levelMax)
      .map(({ text }) => text)
      .join('\n');
  }
}

/** Calls `write` with each record that is grave enough, as `[    1.234567] text` and a newline. */
export function consoleWriter(write: (line: string) => void, levelMax = 7): Console {
  return ({ level, timeNs, text }) => {
    if (level > levelMax) return;
    write(`[${(timeNs / 1e9).toFixed(6).padStart(12)}] ${text}\n`);
  };
}
