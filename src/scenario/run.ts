// SPDX-License-Identifier: GPL-2.0-only

/**
 * Runs a scenario's file in a thread of its own, watched from this one. What comes of it, an error too, is a
 * result: the promise is rejected for bad options only.
 */
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { LogLine } from '../dce/index.js';
import { LibosError } from '../errors.js';
import { parseDurationNs } from '../units.js';
import { describeFailure, ScenarioError } from './failure.js';
import type { ParameterValue } from './parameters.js';
import type {
  ScenarioMessage,
  ScenarioOutcome,
  ScenarioRequest,
  SimulationSummary,
} from './request.js';
import { ScenarioTeam } from './parallel/team.js';
import { createHeartbeat, ScenarioThread, type Progress, type ScenarioRunner } from './thread.js';
import { SpinError, Watchdog } from './watchdog.js';

/** How a scenario is run. */
export interface RunScenarioOptions {
  /** Takes the place of the scenario's own. */
  readonly seed?: number | string;
  /** No simulation of the scenario goes beyond this virtual time: "10 s", or nanoseconds. */
  readonly until?: number | string;
  readonly parameters?: Readonly<Record<string, ParameterValue>>;
  /** A folder for captures of every link. */
  readonly pcap?: string;
  /** A folder for time series of TCP connections, queues and links. */
  readonly trace?: string;
  /** Virtual time between samples of these: "10 ms" by default. */
  readonly traceEvery?: number | string;
  /** Spreads the hosts over so many threads; what comes of it is the same with any number. 1 by default. */
  readonly workers?: number;
  /** Wall time that a program may run without yielding: "10 s" by default; Infinity: for ever. */
  readonly watchdog?: number | string;
  /** Ends the run between two moments; what there is by then is the result. */
  readonly signal?: AbortSignal;
  /** Hears what the scenario prints. */
  readonly onOutput?: (text: string, stream: 'stdout' | 'stderr') => void;
  /** Hears each line of the log as its moment is over. */
  readonly onLog?: (line: LogLine) => void;
  /** Hears the seed of each simulation when it is made. */
  readonly onSimulation?: (seed: number | string) => void;
  /** Hears how far the run is, some times a second. */
  readonly onProgress?: (progress: ScenarioProgress) => void;
}

/** How far a run is. */
export interface ScenarioProgress {
  readonly nowNs: number;
  /** When the current run ends; Infinity: with its programs. */
  readonly endNs: number;
  readonly events: number;
  readonly wallSeconds: number;
}

/** What came of a run. */
export interface ScenarioResult {
  /** Whether it came to a good end. */
  readonly ok: boolean;
  readonly error?: ScenarioError;
  /** What the function given to `scenario()` returned. */
  readonly value: unknown;
  /** The simulations of the scenario, mostly one. */
  readonly simulations: readonly SimulationSummary[];
  /** Files that were written. */
  readonly files: readonly string[];
  readonly wallSeconds: number;
  /** Of which the simulation has run. */
  readonly runSeconds: number;
}

const watchdogDefault = '10 s';
const progressPeriodMs = 100;
/** How long an interrupted run has to come to its end by itself. */
const graceMs = 5000;

/** Runs a scenario file in a thread of its own. Throws a ScenarioError with what it threw and where. */
export async function runScenario(
  file: string,
  options: RunScenarioOptions = {},
): Promise<ScenarioResult> {
  const path = resolve(file);
  if (!statSync(path, { throwIfNoEntry: false })?.isFile()) {
    throw new LibosError('ERR_LIBOS_SCENARIO', `there is no scenario ${file}`);
  }
  return new ScenarioJob(path, options).run();
}

class ScenarioJob {
  readonly #path: string;
  readonly #options: RunScenarioOptions;
  readonly #watchdogSeconds: number;
  readonly #request: ScenarioRequest;
  readonly #startMs = performance.now();
  #endNs = Infinity;
  #runStartMs: number | undefined;

  constructor(path: string, options: RunScenarioOptions) {
    const {
      seed,
      until,
      parameters = {},
      pcap,
      trace,
      traceEvery = '10 ms',
      watchdog = watchdogDefault,
    } = options;
    this.#path = path;
    this.#options = options;
    this.#watchdogSeconds =
      watchdog === Infinity ? Infinity : parseDurationNs(watchdog, 'watchdog') / 1e9;
    this.#request = {
      url: pathToFileURL(path).href,
      ...(seed === undefined ? {} : { seed }),
      ...(until === undefined ? {} : { untilNs: parseDurationNs(until, 'until') }),
      parameters,
      log: options.onLog !== undefined,
      heartbeat: createHeartbeat(),
      ...(pcap === undefined ? {} : { pcap: { folder: resolve(pcap) } }),
      ...(trace === undefined ? {} : { trace: { folder: resolve(trace), every: traceEvery } }),
    };
  }

  async run(): Promise<ScenarioResult> {
    const thread = this.#start();
    const progress = setInterval(() => this.#tell(thread.progress), progressPeriodMs);
    let failure: Error | undefined;
    const end = (error: Error): void => {
      failure ??= error;
      void thread.terminate();
    };
    using _watchdog = new Watchdog(thread, this.#watchdogSeconds, end);
    using _interrupt = onAbort(this.#options.signal, () => {
      thread.interrupt();
      const late = setTimeout(() => end(interrupted()), graceMs);
      late.unref();
    });
    try {
      return this.#result(await thread.outcome);
    } catch (error) {
      return this.#result({ value: undefined, simulations: [], files: [] }, failure ?? error);
    } finally {
      clearInterval(progress);
      await thread.terminate();
    }
  }

  #start(): ScenarioRunner {
    const { workers = 1 } = this.#options;
    const hear = (message: ScenarioMessage): void => this.#hear(message);
    return workers === 1
      ? new ScenarioThread(this.#request, hear)
      : new ScenarioTeam(this.#request, workers, hear);
  }

  #hear(message: ScenarioMessage): void {
    const { onOutput, onLog, onSimulation } = this.#options;
    switch (message.kind) {
      case 'output':
        return onOutput?.(message.text, message.stream);
      case 'log':
        for (const line of message.lines) onLog?.(line);
        return;
      case 'simulation':
        return onSimulation?.(message.seed);
      case 'run':
        this.#endNs = message.endNs;
        this.#runStartMs ??= performance.now();
        return;
      case 'end':
        return;
    }
  }

  #tell({ nowNs, events }: Progress): void {
    const endNs = Math.min(this.#endNs, this.#request.untilNs ?? Infinity);
    this.#options.onProgress?.({ nowNs, endNs, events, wallSeconds: this.#wallSeconds() });
  }

  #wallSeconds(): number {
    return (performance.now() - this.#startMs) / 1000;
  }

  #result({ failure, ...rest }: ScenarioOutcome, error?: unknown): ScenarioResult {
    const described = failure ?? (error === undefined ? undefined : this.#describe(error));
    return {
      ok: described === undefined,
      ...(described ? { error: new ScenarioError(described) } : {}),
      ...rest,
      wallSeconds: this.#wallSeconds(),
      runSeconds: (performance.now() - (this.#runStartMs ?? performance.now())) / 1000,
    };
  }

  #describe(error: unknown) {
    const failure = describeFailure(error, this.#path);
    const location = error instanceof SpinError ? error.location : undefined;
    return location ? { ...failure, location } : failure;
  }
}

function interrupted(): LibosError {
  return new LibosError('ERR_LIBOS_INTERRUPTED', 'the run was interrupted');
}

function onAbort(signal: AbortSignal | undefined, call: () => void): Disposable {
  if (signal?.aborted) call();
  else signal?.addEventListener('abort', call, { once: true });
  return { [Symbol.dispose]: () => signal?.removeEventListener('abort', call) };
}
