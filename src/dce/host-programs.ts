// SPDX-License-Identifier: GPL-2.0-only

/** The programs that a host was given: their numbers and names, and which of them run or will. */
import type { CallerLine } from './caller-line.js';
import {
  Program,
  type ProgramFunction,
  type ProgramOptions,
  type ProgramSnapshot,
} from './program.js';
import type { SimulatedHost } from './simulated-host.js';

/** What a snapshot has of them. */
export interface HostProgramsState {
  readonly programs: readonly ProgramSnapshot[];
  /** Numbers of those that run or will, in their order. */
  readonly live: readonly number[];
  readonly names: ReadonlyMap<string, number>;
}

export class HostPrograms {
  readonly #host: SimulatedHost;
  readonly #all: Program[] = [];
  readonly #live = new Set<Program>();
  /** How often each name was wanted. */
  #names = new Map<string, number>();

  constructor(host: SimulatedHost) {
    this.#host = host;
  }

  /** In the order of their numbers. */
  get all(): readonly Program[] {
    return this.#all;
  }

  /** Those that run or will. */
  get live(): ReadonlySet<Program> {
    return this.#live;
  }

  /** A new program, which is not the host's yet. */
  create<T>(program: ProgramFunction<T>, options: ProgramOptions, at: CallerLine): Program<T> {
    const name = this.#uniqueName(options.name ?? (program.name || 'program'));
    return new Program(this.#host, program, { ...options, name, number: this.#all.length }, at);
  }

  add(program: Program): void {
    this.#all.push(program);
    this.#live.add(program);
  }

  /** It has ended. */
  forget(program: Program): void {
    this.#live.delete(program);
  }

  makeForeign(): void {
    for (const program of this.#all) program.makeForeign();
    this.#live.clear();
  }

  saveState(): HostProgramsState {
    return {
      programs: this.#all.map((program) => program.saveState()),
      live: [...this.#live].map(({ number }) => number),
      names: new Map(this.#names),
    };
  }

  /** There are as many as there were, as yet without what they did. */
  restoreCount({ programs }: HostProgramsState): void {
    this.#all.length = Math.min(this.#all.length, programs.length);
    for (const saved of programs.slice(this.#all.length)) {
      this.#all.push(Program.onHost(saved, this.#host));
    }
  }

  /** Context: all hosts have as many as they had. */
  restoreState(state: HostProgramsState, hosts: readonly SimulatedHost[]): void {
    for (const [number, program] of this.#all.entries()) {
      program.restoreState(state.programs[number]!, hosts);
    }
    this.#live.clear();
    for (const number of state.live) this.#live.add(this.#all[number]!);
    this.#names = new Map(state.names);
  }

  #uniqueName(wanted: string): string {
    const count = (this.#names.get(wanted) ?? 0) + 1;
    this.#names.set(wanted, count);
    return count === 1 ? wanted : this.#uniqueName(`${wanted}-${count}`);
  }
}
