// SPDX-License-Identifier: GPL-2.0-only

/**
 * Programs: functions that run on a host. A program has a state, a result, and an error that names it and the
 * scenario's line; nothing that it throws is lost, and nothing of it outlives it on its host.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { LibosError } from '../errors.js';
import { KernelPanic } from '../kernel/index.js';
import { isSystemError } from '../posix/index.js';
import type { ProgramSession } from '../posix/recording/index.js';
import type { CallerLine } from './caller-line.js';
import type { Os } from './os.js';
import type { SimulatedHost } from './simulated-host.js';

/** A program as it is written: it gets its host and returns its result. */
export type ProgramFunction<T> = (os: Os) => T | Promise<T>;

/** How a program is run: `host.run(program, options)`. */
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

/** What calls of a process fail with that has exited, and with descriptors that are closed. */
const endOfProcess = ['ESRCH', 'EBADF'] as const;

/** What became of a program. */
export type Outcome<T> = { readonly value: T } | { readonly error: Error };

/** What a snapshot has of a program, beside its log. */
export interface ProgramSnapshot {
  readonly original: Program;
  readonly state: ProgramState;
  readonly outcome: Outcome<unknown> | undefined;
  readonly handled: boolean;
  /** Programs that it gave to hosts: of each its host's index and its number. */
  readonly spawned: readonly (readonly [host: number, program: number])[];
}

/** A program of a host: what `host.run` gives. It tells the state and, once it has ended, the result. */
export class Program<T = unknown> {
  readonly host: SimulatedHost;
  readonly name: string;
  /** Its place among the programs of its host, in the order of `run`. */
  readonly number: number;
  readonly options: ProgramOptions;
  /** What it has of its host while it runs. @internal */
  session: ProgramSession | undefined;
  readonly #at: CallerLine;
  #function: ProgramFunction<T>;
  #state: ProgramState = 'scheduled';
  #os: Os | undefined;
  #outcome: Outcome<T> | undefined;
  #done: Promise<T>;
  /** A method, so that a Program<T> is a Program. */
  #settler: { settle(outcome: Outcome<T>): void };
  #handled = false;
  /** What those of its calls hear that its end cuts short. */
  #endReason: Error | undefined;
  /** Programs that it gave to hosts, and while it is run again, how many of them it has given again. */
  #spawned: Program[] = [];
  #respawned = 0;

  /** Made by `host.run`. @internal */
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

  /** Whether it is run again up to where a snapshot was taken: what it says and changes now is said and done. @internal */
  get replaying(): boolean {
    return this.session?.isRerunning ?? false;
  }

  /** It has given a program to a host. @internal */
  spawned(program: Program): void {
    this.#spawned.push(program);
  }

  /** While it is run again: the program that it gave to a host then, to begin with the function of now. @internal */
  respawn<U>(host: SimulatedHost, program: ProgramFunction<U>): Program<U> {
    const again = this.#spawned[this.#respawned++];
    if (again?.host !== host) {
      throw new LibosError(
        'ERR_LIBOS_DIVERGED',
        `program ${this.label} went another way when it was run again: it gives ${host.name} a program that it did not give it before`,
      );
    }
    // At the same place of the same program: it has the same type.
    const same = again as unknown as Program<U>;
    same.#function = program;
    return same;
  }

  /** @internal */
  saveState(): ProgramSnapshot {
    return {
      original: this,
      state: this.#state,
      outcome: this.#outcome,
      handled: this.#handled,
      spawned: this.#spawned.map(({ host, number }) => [host.index, number] as const),
    };
  }

  /** The program of a snapshot, on a host of another simulation. @internal */
  static onHost({ original }: ProgramSnapshot, host: SimulatedHost): Program {
    const { name, number, options } = original;
    return new Program(host, original.#function, { ...options, name, number }, original.#at);
  }

  /** Forgets what it is doing, and is what it was. `hosts` are its simulation's, with all their programs. @internal */
  restoreState(saved: ProgramSnapshot, hosts: readonly SimulatedHost[]): void {
    this.session = undefined;
    this.#os = undefined;
    this.#state = saved.state;
    this.#handled = saved.handled;
    this.#respawned = 0;
    this.#spawned = saved.spawned.map(([host, number]) => hosts[host]!.programs[number]!);
    if (this.#outcome && this.#outcome !== saved.outcome) {
      const { promise, settle } = deferred<T>();
      this.#done = promise;
      this.#settler = { settle };
      this.#outcome = undefined;
    }
    if (!saved.outcome || this.#outcome) return;
    // The same program, or its like in another simulation.
    this.#outcome = saved.outcome as Outcome<T>;
    this.#settler.settle(this.#outcome);
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

  /** What became of it, without a claim to handle it; undefined until it has ended. */
  get outcome(): Outcome<T> | undefined {
    return this.#outcome;
  }

  /** Settles as the program does. Time passes only in `sim.run` and its kin. */
  get done(): Promise<T> {
    this.#handled = true;
    return this.#done;
  }

  /** Whether somebody has asked for its outcome; if not, what it throws ends the run. @internal */
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

  /** Context: called by its host, when its time has come. @internal */
  start(os: Os): void {
    this.#os = os;
    this.#state = 'running';
    void running.run(this, () => this.#run(os));
  }

  /** It runs elsewhere. @internal */
  makeForeign(): void {
    this.#state = 'foreign';
  }

  /** What became of it elsewhere. @internal */
  adopt(state: ProgramState, outcome: Outcome<unknown> | undefined): void {
    this.#state = state;
    if (!outcome || this.#outcome) return;
    // Whoever calls has it from the same program, of the same type.
    this.#outcome = outcome as Outcome<T>;
    this.#settler.settle(this.#outcome);
  }

  /** Something that it did has failed, out of its sight or in it. @internal */
  fail(cause: unknown): void {
    // Whoever runs it again is told of a divergence, and that is all that can come of it.
    if (this.replaying) return;
    if (cause instanceof KernelPanic) {
      // The host tells of it.
      this.#hostEnded(cause);
      return;
    }
    const error =
      cause instanceof ProgramError ? cause : new ProgramError(this.label, this.location, cause);
    if (this.live) this.#end('failed', { error });
    if (!this.#handled) this.host.failed(error);
  }

  /** A promise of its own that it does not wait for was rejected. @internal */
  floatingRejection(reason: unknown): void {
    if (this.live) this.fail(reason);
    else this.#failAfterEnd(reason);
  }

  /** Most of what fails after its end only hears of that end: its process is gone, its signal has aborted. */
  #failAfterEnd(reason: unknown): void {
    if (this.replaying || reason === this.#endReason || reason instanceof KernelPanic) return;
    if (
      reason instanceof ProgramError ||
      endOfProcess.some((code) => isSystemError(reason, code))
    ) {
      return;
    }
    this.host.failed(new ProgramError(this.label, this.location, reason));
  }

  /** Its host is gone. It may come back with it. @internal */
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
    if (!this.live) return;
    this.#end('failed', { error: new ProgramError(this.label, this.location, cause) }, cause);
  }

  async #run(os: Os): Promise<void> {
    try {
      const value = await this.#function(os);
      if (this.#os === os && this.live && !this.replaying) this.#end('ended', { value });
    } catch (error) {
      if (this.#os === os && this.live) this.fail(error);
      else this.#failAfterEnd(error);
    }
  }

  #end(state: ProgramState, outcome: Outcome<T>, reason?: Error): void {
    this.#state = state;
    this.#outcome = outcome;
    this.#settler.settle(outcome);
    const failure = 'error' in outcome ? outcome.error : new Error(`${this.label} has ended`);
    this.#endReason = reason ?? failure;
    this.#os?.end(this.#endReason);
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
