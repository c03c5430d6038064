// SPDX-License-Identifier: GPL-2.0-only

// What the scripts print with: steps, progress and one clear error. Plain JavaScript without dependencies, since
// it runs before `npm ci` has. Colour and redrawn lines on a terminal only.
import process from 'node:process';

const out = process.stdout;
const colourful = out.isTTY === true && !process.env.NO_COLOR;
const paint = (code) => (text) => (colourful ? `\u001b[${code}m${text}\u001b[0m` : text);

export const bold = paint('1');
export const dim = paint('2');
export const red = paint('31');
export const green = paint('32');

/** An error that the person at the keyboard can mend: printed as its message and `hint:`, without a stack. */
export class SetupError extends Error {
  constructor(message, hint) {
    super(message);
    this.hint = hint;
  }
}

/** Runs `main`; on an error prints it once, clearly, and ends with exit code 1. */
export async function run(main) {
  try {
    process.exitCode = (await main()) ?? 0;
  } catch (error) {
    clearLine();
    // A SetupError or a LibosError explains itself; anything else is a bug and needs its stack.
    const explained = error instanceof SetupError || /^ERR_LIBOS_/.test(error?.code);
    console.error(`${red('error:')} ${explained ? error.message : (error?.stack ?? error)}`);
    if (error?.hint) console.error(`hint: ${error.hint}`);
    process.exitCode = 1;
  }
}

/** `1 min 05 s`, `12 s`, `0.4 s`. */
export function duration(seconds) {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`;
}

function clearLine() {
  if (out.isTTY) out.write('\r\u001b[K');
}

/** One step of set-up that takes a while: its progress redraws one line, or prints a line each tenth. */
export class Step {
  #name;
  #startedMs = Date.now();
  #tenth = -1;
  #text = '';

  constructor(name) {
    this.#name = name;
    if (!out.isTTY) console.log(`${name} …`);
    else out.write(`${name} …`);
  }

  /** `fraction` from 0 to 1, `text` for what is being done, `secondsLeft` when somebody knows it. */
  progress(fraction, text, secondsLeft) {
    const percent = `${String(Math.floor(fraction * 100)).padStart(3)} %`;
    const left = secondsLeft === undefined ? '' : `, ${duration(secondsLeft)} left`;
    const line = `${this.#name} ${percent}  ${text}${left}`;
    if (out.isTTY) {
      clearLine();
      out.write(line.slice(0, (out.columns || 80) - 1));
      return;
    }
    const tenth = Math.floor(fraction * 10);
    if (tenth === this.#tenth && text === this.#text) return;
    if (tenth === this.#tenth && fraction > 0) return;
    this.#tenth = tenth;
    this.#text = text;
    console.log(`  ${line}`);
  }

  done(result) {
    clearLine();
    const tookSeconds = (Date.now() - this.#startedMs) / 1000;
    console.log(`${green('✓')} ${this.#name}: ${result} ${dim(`(${duration(tookSeconds)})`)}`);
  }
}
