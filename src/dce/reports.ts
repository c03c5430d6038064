// SPDX-License-Identifier: GPL-2.0-only

/** Values that programs hand to the outside: copies, in the order of time and hosts. */
import { scenarioError } from './caller-line.js';
import type { Program } from './program.js';

/** Something that a program has handed out with `os.report`. */
export interface Report {
  readonly timeNs: number;
  readonly host: string;
  /** The host's number, by creation. */
  readonly hostIndex: number;
  readonly program: string;
  readonly key: string;
  readonly value: unknown;
}

/** What programs have handed out with `os.report`, in the order of virtual time. */
export class Reports implements Iterable<Report> {
  readonly #nowNs: () => number;
  /** In order, but for those after `#sorted`. */
  #reports: Report[] = [];
  #sorted = 0;
  /** Those of this thread that other threads have not been told of. */
  #untold: Report[] = [];

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
    const report = {
      ...{ timeNs: this.#nowNs(), host: host.name, hostIndex: host.index },
      ...{ program: name, key, value: copy },
    };
    this.#reports.push(report);
    this.#untold.push(report);
  }

  /** Those of this thread since this was asked last. */
  takeNew(): readonly Report[] {
    const untold = this.#untold;
    this.#untold = [];
    return untold;
  }

  /** Takes in those of other threads. */
  merge(reports: readonly Report[]): void {
    this.#reports.push(...reports);
  }

  /** All, or those of a key. */
  list(key?: string): readonly Report[] {
    const all = this.#inOrder();
    return key === undefined ? all : all.filter((each) => each.key === key);
  }

  /** The values of a key. */
  values(key: string): readonly unknown[] {
    return this.list(key).map(({ value }) => value);
  }

  /** In the order of virtual time. */
  [Symbol.iterator](): Iterator<Report> {
    return this.#inOrder()[Symbol.iterator]();
  }

  /** @internal */
  saveState(): readonly Report[] {
    return [...this.#inOrder()];
  }

  /** @internal */
  restoreState(reports: readonly Report[]): void {
    this.#reports = [...reports];
    this.#sorted = reports.length;
    this.#untold = [];
  }

  /** By time, then by host: which of two hosts comes first at one moment depends on threads otherwise. */
  #inOrder(): readonly Report[] {
    if (this.#sorted < this.#reports.length) {
      this.#reports.sort((a, b) => a.timeNs - b.timeNs || a.hostIndex - b.hostIndex);
      this.#sorted = this.#reports.length;
    }
    return this.#reports;
  }
}
