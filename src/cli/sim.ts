// SPDX-License-Identifier: GPL-2.0-only

/** `libos sim`: runs a scenario's file; shows how far it is, what it says, and what came of it. */
import { basename } from 'node:path';
import process from 'node:process';
import { Command, InvalidArgumentError } from 'commander';
import { LibosError } from '../errors.js';
import { ExitCode } from './exit-code.js';
import { runScenario, type ScenarioResult } from '../scenario/index.js';
import { ProgressLine } from './sim/progress.js';
import { describeResult, jsonResult } from './sim/summary.js';
import { SimOutput } from './sim/output.js';
import { reportError } from './terminal.js';

interface Options {
  readonly seed?: string;
  readonly until?: string;
  readonly pcap?: string;
  readonly trace?: string | true;
  readonly traceEvery: string;
  readonly workers?: number;
  readonly set: Readonly<Record<string, string>>;
  readonly watchdog: string;
  readonly quiet?: true;
  readonly json?: true;
}

/** What a shell takes for an end by Ctrl-C. */
const exitCodeOfInterrupt = 130;
const traceDefault = 'trace';

export function simCommand(): Command {
  return new Command('sim')
    .description('run a scenario: a TypeScript or JavaScript file that makes a Simulation')
    .argument('<file>', 'the scenario')
    .argument('[parameters...]', 'after --: parameters of the scenario, name=value')
    .option('--seed <seed>', "what all randomness comes from, in place of the scenario's own")
    .option('--until <duration>', 'end at this virtual time at the latest, e.g. "10 s"')
    .option('--pcap <folder>', 'write captures of all links into this folder')
    .option('--trace [path]', `write time series into this folder (default: "${traceDefault}")`)
    .option('--trace-every <duration>', 'virtual time between samples of these', '10 ms')
    .option('--workers <count>', 'spread the hosts over this many threads', wholeNumber)
    .option('--set <name=value>', 'set a parameter; may be given again', addParameter, {})
    .option('--watchdog <duration>', 'stop a program that does not yield for so long', '10 s')
    .option('--quiet', 'print neither the log nor the progress, only the summary')
    .option('--json', 'print the result as JSON, and nothing else')
    .action(sim);
}

async function sim(file: string, pairs: readonly string[], options: Options): Promise<void> {
  const parameters = pairs.reduce((all, pair) => addParameter(pair, all), options.set);
  // So that what a scenario prints of its dates is the same everywhere.
  process.env['TZ'] = 'UTC';
  const quiet = options.quiet === true || options.json === true;
  const progress = new ProgressLine(!quiet);
  const output = new SimOutput({ quiet, json: options.json === true, progress });
  if (options.seed !== undefined) output.seed(options.seed);
  using interrupt = onInterrupt();
  const result = await runScenario(file, {
    ...given(options),
    parameters,
    watchdog: options.watchdog,
    signal: interrupt.signal,
    onSimulation: (seed) => output.seed(seed),
    onOutput: (text, stream) => output.text(text, stream),
    ...(quiet ? {} : { onLog: (line) => output.log(line) }),
    onProgress: (state) => output.progress(state),
  }).finally(() => {
    progress.clear();
    output.flush();
  });
  show(basename(file), result, options);
  const code = exitCode(result);
  if (code !== 0) throw new ExitCode(code);
}

/** The options of the command line that the runner takes as they are. */
function given({ seed, until, pcap, trace, traceEvery, workers }: Options) {
  return {
    traceEvery,
    // A whole number is one, as it would be in the scenario.
    ...(seed === undefined ? {} : { seed: /^\d{1,15}$/.test(seed) ? Number(seed) : seed }),
    ...(until === undefined ? {} : { until }),
    ...(pcap === undefined ? {} : { pcap }),
    ...(trace === undefined ? {} : { trace: trace === true ? traceDefault : trace }),
    ...(workers === undefined ? {} : { workers }),
  };
}

function show(name: string, result: ScenarioResult, { json, quiet }: Options): void {
  if (json) {
    process.stdout.write(`${jsonResult(result)}\n`);
    return;
  }
  process.stdout.write(describeResult(name, result, quiet === true));
  if (result.error) reportError(result.error);
}

function exitCode({ error }: ScenarioResult): number {
  if (!error) return 0;
  return error.code === 'ERR_LIBOS_INTERRUPTED' ? exitCodeOfInterrupt : 1;
}

function addParameter(
  pair: string,
  others: Readonly<Record<string, string>>,
): Record<string, string> {
  const [, name, value] = /^([^=]+)=(.*)$/s.exec(pair) ?? [];
  if (name === undefined || value === undefined) {
    throw new InvalidArgumentError(`${JSON.stringify(pair)} is not name=value.`);
  }
  return { ...others, [name]: value };
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('It is no count.');
  return value;
}

/** A signal that Ctrl-C aborts; a second one ends the process as it always does. */
function onInterrupt(): { readonly signal: AbortSignal } & Disposable {
  const controller = new AbortController();
  const abort = (): void =>
    controller.abort(new LibosError('ERR_LIBOS_INTERRUPTED', 'interrupted'));
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, abort);
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => {
      for (const name of ['SIGINT', 'SIGTERM'] as const) process.off(name, abort);
    },
  };
}
