// SPDX-License-Identifier: GPL-2.0-only

/**
 * Where in a scenario something was asked for. The API takes a mark at each call that can turn out wrong later;
 * what a mark costs is a stack trace, which is only written out when somebody wants to read it.
 */
import { basename, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LibosError } from '../errors.js';
import { packageRoot } from '../package-root.js';

/** Frames of libos itself between a scenario and the place where the mark is taken. */
const depthMax = 40;

const ownFolders = ['src', join('dist', 'src'), 'kernel', join('dist', 'kernel')].map(
  (folder) => join(packageRoot, folder) + sep,
);

/** A place in a scenario. @internal */
export class CallerLine {
  readonly #trace: { readonly stack?: string };
  #text: string | undefined;

  private constructor(trace: { readonly stack?: string }) {
    this.#trace = trace;
  }

  static here(): CallerLine {
    const before = Error.stackTraceLimit;
    Error.stackTraceLimit = depthMax;
    const trace = new Error();
    Error.stackTraceLimit = before;
    return new CallerLine(trace);
  }

  /** "scenario.ts:12": the first frame that is not libos's own; "unknown" when there is none. */
  toString(): string {
    this.#text ??= firstForeignFrame(this.#trace.stack ?? '') ?? 'unknown';
    return this.#text;
  }
}

function firstForeignFrame(stack: string): string | undefined {
  for (const line of stack.split('\n').slice(1)) {
    const frame = /\(?((?:file:\/\/|\/|[A-Za-z]:\\)[^()]*?):(\d+)(?::\d+)?\)?$/.exec(line.trim());
    if (!frame) continue;
    const file = pathOf(frame[1]!);
    if (!isOwn(file)) return `${basename(file)}:${frame[2]!}`;
  }
  return undefined;
}

function pathOf(file: string): string {
  const path = file.replace(/[?#].*$/, '');
  return path.startsWith('file://') ? fileURLToPath(path) : path;
}

function isOwn(file: string): boolean {
  if (/\.test\.[cm]?[jt]s$/.test(file)) return false;
  if (file.includes(`${sep}node_modules${sep}vitest`)) return true;
  return ownFolders.some((folder) => file.startsWith(folder));
}

/** An error of whoever wrote the scenario, with the line that it is about: the caller's unless said. @internal */
export function scenarioError(
  code: string,
  message: string,
  options: { hint?: string; cause?: unknown; at?: CallerLine } = {},
): LibosError {
  const { at = CallerLine.here(), ...rest } = options;
  return new LocatedError(code, `${message} (${at.toString()})`, rest);
}

/** Calls `call`; what is the scenario's fault in it is thrown with the line of the caller, or of `at`. @internal */
export function located<T>(call: () => T, mark?: CallerLine): T {
  try {
    return call();
  } catch (error) {
    // Not before: a mark costs a stack trace.
    const at = mark ?? CallerLine.here();
    // Errors of a kind of their own, as of a kernel's death, stay what they are.
    if (!(error instanceof LibosError) || error.constructor !== LibosError) throw error;
    throw scenarioError(error.code, error.message, {
      ...(error.hint === undefined ? {} : { hint: error.hint }),
      cause: error,
      at,
    });
  }
}

/** So that a line is added once. */
class LocatedError extends LibosError {}
