// SPDX-License-Identifier: GPL-2.0-only

/**
 * Programs: functions that run on a host. A program has a state, a result, and an error that names it and the
 * scenario's line; nothing that it throws is lost, and nothing of it outlives it on its host.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { LibosError } from '../errors.js';
import type { CallerLine } from './caller-line.js';
import type { Os } from './os.js';
import type { SimulatedHost } from './simulated-host.js';

export type ProgramFunction<T> = (os: Os) => T | Promise<T>;

export interface ProgramOptions {
  /** By default the function's own name. A second one of a host gets a number behind it. */
  readonly name?: string;
  /** When it starts, in virtual time since the simulation's start; by default as soon as time passes. */
  readonly at?: string | number;
  /** It runs again, from its beginning, when its host has rebooted. */
  readonly restart?: boolean;
  /** It serves others: a run without a duration does not wait for its end. */
  readonly service?: boolean;
}

/**
 * scheduled: its time has not come. foreign: another thread runs it. ended: it has a result. failed: it has
 * thrown, or its host has died under it. stopped: somebody stopped it.
 */
export type ProgramState = 'scheduled' | 'running' | 'ended' | 'failed' | 'stopped' | 'foreign';

/** What a program has thrown, with the program's name; `cause` is the thing itself. */
export class ProgramError extends LibosError {
  override readonly name = 'ProgramError';
  /** "bob/server" */
  readonly program: string;

  constructor(program: string, location: string, cause: unknown) {
    const why = cause instanceof Error ? `${nameOf(cause)}${cause.message}` : String(cause);
    super('ERR_LIBOS_PROGRAM', `${program} (${location}): ${why}`, { cause });
    this.program = program;
  }
}

const nameOf = ({ name }: Error): string => (name === 'Error' ? '' : `${name}: `);

const running = new AsyncLocalStorage<Program>();

/** The program whose code is running now, also behind an await; undefined outside of programs. */
export function currentProgram(): Program | undefined {
  return running.getStore();
}

type Outcome<T> = { readonly value: T } | { readonly error: Error };

export class Program<T = unknown> {
  readonly host: SimulatedHost;
  readonly name: string;
  /** Its place among the programs of its host, in the order of `run`. */
  readonly number: number;
  readonly options: ProgramOptions;
  readonly #at: CallerLine;
  readonly #function: ProgramFunction<T>;
  #state: ProgramState = 'scheduled';
  #os: Os | undefined;
  #outcome: Outcome<T> | undefined;
  readonly #done: Promise<T>;
  /** A method, so that a Program<T> is a Program. */
  readonly #settler: { settle(outcome: Outcome<T>): void };
  #handled = false;

  /** Made by `host.run`. */
  constructor(
    host: SimulatedHost,
    program: ProgramFunction<T>,
    options: ProgramOptions & { readonly name: string; readonly number: number },
    at: CallerLine,
  ) {
    this.host = host;
    this.#function = program;
    this.options = options;
    this.name = options.name;
    this.number = options.number;
    this.#at = at;
    const { promise, settle } = deferred<T>();
    this.#done = promise;
    this.#settler = { settle };
  }

  /** "bob/server" */
  get label(): string {
    return `${this.host.name}/${this.name}`;
  }

  /** Where it was given to its host: "scenario.ts:12". */
  get location(): string {
    return this.#at.toString();
  }

  /** Its view of its host, while it runs. */
  get os(): Os | undefined {
    return this.#os;
  }

  get state(): ProgramState {
    return this.#state;
  }

  /** Whether it is running or will. */
  get live(): boolean {
    return this.#state === 'scheduled' || this.#state === 'running';
  }

  /** What it returned. Throws what it threw, and an error when it has not ended. */
  get result(): T {
    this.#handled = true;
    if (this.#outcome === undefined) {
      throw new LibosError(
        'ERR_LIBOS_PROGRAM_RUNS',
        `${this.label} (${this.location}) has not ended`,
        {
          hint: 'let time pass: await sim.runUntil(program) gives the result',
        },
      );
    }
    if ('error' in this.#outcome) throw this.#outcome.error;
    return this.#outcome.value;
  }

  /** Settles as the program does. Time passes only in `sim.run` and its kin. */
  get done(): Promise<T> {
    this.#handled = true;
    return this.#done;
  }

  /** Whether somebody has asked for its outcome; if not, what it throws ends the run. */
  get handled(): boolean {
    return this.#handled;
  }

  /** What it waits for: "accept on tcp [::]:7 since 0.300 s". Empty: for nothing that its host knows of. */
  get waiting(): readonly string[] {
    return this.#os?.waits.map(({ text }) => text) ?? [];
  }

  /** Whether it only waits for somebody to come, as a server does between its clients. */
  get atRest(): boolean {
    if (this.options.service === true) return true;
    const waits = this.#os?.waits ?? [];
    return this.#state === 'running' && waits.length > 0 && waits.every(({ idle }) => idle);
  }

  /** Whether some of what it waits for comes with time. */
  get waitsForTime(): boolean {
    return this.#state === 'scheduled' || (this.#os?.waits.some(({ timed }) => timed) ?? false);
  }

  /** Ends it: its signal aborts, its process exits, whatever it waits for rejects. */
  stop(): void {
    if (!this.live) return;
    this.#end('stopped', {
      error: new LibosError(
        'ERR_LIBOS_PROGRAM_STOPPED',
        `${this.label} (${this.location}) was stopped`,
      ),
    });
  }

  /** Context: called by its host, when its time has come. */
  start(os: Os): void {
    this.#os = os;
    this.#state = 'running';
    void running.run(this, () => this.#run(os));
  }

  /** It runs elsewhere. */
  makeForeign(): void {
    this.#state = 'foreign';
  }

  /** Something that it did has failed, out of its sight or in it. */
  fail(cause: unknown): void {
    const error =
      cause instanceof ProgramError ? cause : new ProgramError(this.label, this.location, cause);
    if (this.live) this.#end('failed', { error });
    if (!this.#handled) this.host.failed(error);
  }

  /** A promise of its own that it does not wait for was rejected; after its end that is only an echo of it. */
  floatingRejection(reason: unknown): void {
    if (this.live) this.fail(reason);
  }

  /** Its host is gone. It may come back with it. */
  hostDied(cause: Error): void {
    if (this.#state !== 'running') {
      if (this.#state === 'scheduled' && this.options.restart !== true) this.#hostEnded(cause);
      return;
    }
    if (this.options.restart !== true) this.#hostEnded(cause);
    else {
      const os = this.#os;
      this.#os = undefined;
      this.#state = 'scheduled';
      os?.end(cause);
    }
  }

  #hostEnded(cause: Error): void {
    this.#end('failed', { error: new ProgramError(this.label, this.location, cause) }, cause);
  }

  async #run(os: Os): Promise<void> {
    try {
      const value = await this.#function(os);
      if (this.#os === os && this.live) this.#end('ended', { value });
    } catch (error) {
      // After its end it only hears of that end.
      if (this.#os === os && this.live) this.fail(error);
    }
  }

  #end(state: ProgramState, outcome: Outcome<T>, reason?: Error): void {
    this.#state = state;
    this.#outcome = outcome;
    this.#settler.settle(outcome);
    const failure = 'error' in outcome ? outcome.error : new Error(`${this.label} has ended`);
    this.#os?.end(reason ?? failure);
    this.host.forget(this);
  }
}

/** A promise that nobody need listen to. */
function deferred<T>() {
  let settle!: (outcome: Outcome<T>) => void;
  const promise = new Promise<T>((resolve, reject) => {
    settle = (outcome) => ('error' in outcome ? reject(outcome.error) : resolve(outcome.value));
  });
  promise.catch(() => undefined);
  return { promise, settle };
}
