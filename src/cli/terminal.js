// SPDX-License-Identifier: GPL-2.0-only
// @ts-check

/**
 * What the `libos` command and the scripts print with: colour, durations, and progress on a line of its own.
 * JavaScript, and without dependencies, because set-up uses it before anything is installed or compiled. Colour
 * and redrawn lines appear on a terminal only.
 */
import process from 'node:process';
import { inspect } from 'node:util';

const colourful = process.stdout.isTTY && !process.env['NO_COLOR'];

/** Where steps are told. @type {NodeJS.WriteStream} */
let out = process.stdout;

/** For who prints something for machines: standard output is for that alone. */
export function tellStepsOnStandardError() {
  out = process.stderr;
}

/** @param {string} code */
const paint = (code) => (/** @type {string} */ text) =>
  colourful ? `\u001b[${code}m${text}\u001b[0m` : text;

export const bold = paint('1');
export const dim = paint('2');
export const red = paint('31');
export const green = paint('32');
export const yellow = paint('33');
export const blue = paint('34');
export const cyan = paint('36');

/**
 * `1 min 05 s`, `12 s`, `0.4 s`.
 * @param {number} seconds
 */
export function duration(seconds) {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`;
}

/** Clears a line of progress that something else is about to be printed over. */
export function clearLine() {
  if (out.isTTY) out.write('\r\u001b[K');
}

/**
 * Says an error once, on standard error: one of ours as its message and a hint, anything else, being a bug, with
 * its stack. `LIBOS_DEBUG=1` shows the stack and the cause of ours too.
 * @param {unknown} error
 */
export function reportError(error) {
  clearLine();
  const ours =
    error instanceof Error &&
    'code' in error &&
    typeof error.code === 'string' &&
    error.code.startsWith('ERR_LIBOS_');
  const text = ours && !process.env['LIBOS_DEBUG'] ? error.message : inspect(error);
  const lines = [`${red('error:')} ${text}`];
  if (ours && 'hint' in error && typeof error.hint === 'string') lines.push(`hint: ${error.hint}`);
  process.stderr.write(`${lines.join('\n')}\n`);
}

/** One step that takes a while: its progress redraws one line on a terminal, or prints a line each tenth. */
export class Step {
  #name;
  #startedMs = Date.now();
  #tenth = -1;

  /** @param {string} name */
  constructor(name) {
    this.#name = name;
    out.write(out.isTTY ? `${name} …` : `${name} …\n`);
  }

  /**
   * @param {number} fraction from 0 to 1
   * @param {string} text what is being done
   * @param {number} [secondsLeft] when somebody knows it
   */
  progress(fraction, text, secondsLeft) {
    const tenth = Math.floor(fraction * 10);
    if (!out.isTTY && tenth === this.#tenth) return;
    this.#tenth = tenth;
    const percent = `${String(Math.floor(fraction * 100)).padStart(3)} %`;
    const left = secondsLeft === undefined ? '' : `, ${duration(secondsLeft)} left`;
    const line = `${this.#name} ${percent}  ${text}${left}`;
    clearLine();
    out.write(out.isTTY ? line.slice(0, (out.columns || 80) - 1) : `  ${line}\n`);
  }

  /** @param {string} result */
  done(result) {
    clearLine();
    const tookSeconds = (Date.now() - this.#startedMs) / 1000;
    out.write(`${green('✓')} ${this.#name}: ${result} ${dim(`(${duration(tookSeconds)})`)}\n`);
  }
}

/**
 * A step that appears with its first progress: what is there already is found without a word.
 * @param {string} name
 */
export function lazyStep(name) {
  /** @type {Step | undefined} */
  let step;
  return {
    onProgress: (
      /** @type {{ phase: string, done: number, total: number, secondsLeft?: number }} */
      { phase, done, total, secondsLeft },
    ) => {
      step ??= new Step(name);
      step.progress(total > 0 ? done / total : 0, phase, secondsLeft);
    },
    done: (/** @type {string} */ result) => step?.done(result),
  };
}

/**
 * Rows under a heading, each column as wide as its widest cell.
 * @param {readonly string[]} heading
 * @param {readonly (readonly string[])[]} rows
 */
export function table(heading, rows) {
  const lines = [heading, ...rows];
  const widths = heading.map((_, column) =>
    Math.max(...lines.map((cells) => (cells[column] ?? '').length)),
  );
  const [first = '', ...others] = lines.map((cells) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return [bold(first), ...others].join('\n');
}
