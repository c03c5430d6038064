// SPDX-License-Identifier: GPL-2.0-only

/** Why a run has ended, and what programs wait for when it cannot go on. */
import { LibosError } from '../errors.js';
import type { Program } from './program.js';

/** Why a run ended, and what it cost. */
export interface RunReport {
  /**
   * time: the duration has passed. ended: every program has. resting: those that have not are servers, to which
   * nobody comes any more. stalled: some wait for what can never come.
   */
  readonly reason: 'time' | 'ended' | 'resting' | 'stalled';
  readonly nowNs: number;
  /** The programs that have not ended, a line each with what it waits for. */
  readonly waiting: readonly string[];
}

/** "bob/server (scenario.ts:12) waits in accept on tcp [::]:7 since 0.300 s". */
export function describeProgram(program: Program): string {
  const { label, location, waiting, state } = program;
  const name = `${label} (${location})`;
  if (state === 'scheduled') return `${name} has not started`;
  if (waiting.length > 0) return `${name} ${waiting.join(', and ')}`;
  return `${name} waits for something that its host does not know of, as a promise of its own`;
}

/** `programs` as describeProgram says them. */
export function stallError(what: string, programs: readonly string[]): LibosError {
  const lines = programs.map((program) => `\n  ${program}`);
  const none = '\n  no program is running';
  return new LibosError('ERR_LIBOS_STALLED', `${what}:${lines.join('') || none}`, {
    hint: 'a program that only serves others may say so: host.run(…, { service: true })',
  });
}

/** Whoever runs the scenario wanted it to end here: for them it is a good end. */
export function untilReached(nowNs: number): LibosError {
  return new LibosError(
    'ERR_LIBOS_UNTIL',
    `the run ends at ${nowNs / 1e9} s, where it was told to, and what was waited for has not happened`,
  );
}

/** Programs that an error lists. */
const programsShownMax = 5;

/** What the engine has thrown, with the programs that may be at fault when time stands still. */
export function engineError(
  thrown: unknown,
  programs: readonly { readonly text: string }[],
): Error {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  if (!(error instanceof LibosError) || error.code !== 'ERR_LIBOS_LIVELOCK') return error;
  const lines = programs.slice(0, programsShownMax).map(({ text }) => `\n  ${text}`);
  return new LibosError(error.code, `${error.message}:${lines.join('')}`, {
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    cause: error,
  });
}

/** What has failed in a run, as one error. */
export function failureOf(failures: readonly Error[]): Error {
  const [first] = failures;
  if (failures.length === 1) return first!;
  const lines = failures.map(({ message }) => `\n  ${message}`);
  return new LibosError(
    'ERR_LIBOS_FAILURES',
    `${failures.length} things have failed:${lines.join('')}`,
    {
      cause: new AggregateError(failures),
    },
  );
}
