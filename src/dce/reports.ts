// SPDX-License-Identifier: GPL-2.0-only

/** Values that programs hand to the outside: copies, in the order of time and hosts. */
import { scenarioError } from './caller-line.js';
import type { Program } from './program.js';

export interface Report {
  readonly timeNs: number;
  readonly host: string;
  readonly program: string;
  readonly key: string;
  readonly value: unknown;
}

export class Reports implements Iterable<Report> {
  readonly #nowNs: () => number;
  #reports: Report[] = [];

  constructor(nowNs: () => number) {
    this.#nowNs = nowNs;
  }

  /** Context: called by a host for its program. */
  add(program: Program, key: string, value: unknown): void {
    let copy: unknown;
    try {
      copy = structuredClone(value);
    } catch (cause) {
      throw scenarioError(
        'ERR_LIBOS_REPORT',
        `${program.label} cannot report ${key}: it cannot be copied`,
        {
          hint: 'report plain data: numbers, strings, arrays, objects, typed arrays',
          cause,
        },
      );
    }
    const { host, name } = program;
    this.#reports.push({ timeNs: this.#nowNs(), host: host.name, program: name, key, value: copy });
  }

  /** All, or those of a key. */
  list(key?: string): readonly Report[] {
    return key === undefined ? this.#reports : this.#reports.filter((each) => each.key === key);
  }

  /** The values of a key. */
  values(key: string): readonly unknown[] {
    return this.list(key).map(({ value }) => value);
  }

  [Symbol.iterator](): Iterator<Report> {
    return this.#reports[Symbol.iterator]();
  }

  saveState(): readonly Report[] {
    return [...this.#reports];
  }

  restoreState(reports: readonly Report[]): void {
    this.#reports = [...reports];
  }
}
