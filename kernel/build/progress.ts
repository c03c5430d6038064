// SPDX-License-Identifier: GPL-2.0-only

/**
 * How far a build is: phases with the seconds that each is thought to take, corrected by what is measured on the
 * way. It reports numbers; printing them is the caller's.
 */
export interface BuildProgress {
  /** What is being done now, for people. */
  readonly phase: string;
  readonly done: number;
  readonly total: number;
  readonly secondsLeft?: number;
}

export type OnProgress = (progress: BuildProgress) => void;

export interface Phase {
  readonly name: string;
  readonly expectedSeconds: number;
}

export interface Meter {
  /** Begins a phase; those before it are done, or were not needed. */
  enter(name: string): void;
  /** How much of the phase is done, from 0 to 1, and what is being worked on. */
  advance(fraction: number, detail?: string): void;
  /** Something to say that is no progress, e.g. who is waited for. */
  note(text: string): void;
}

/** A phase's own pace counts once it has run for so long, or the first seconds would make wild guesses. */
const measuredAfterSeconds = 5;

/**
 * A meter over `phases`, in the order in which they come. With `estimates` off, nobody knows how much there is to
 * do, and no time is promised.
 */
export function createMeter(
  phases: readonly Phase[],
  onProgress: OnProgress,
  estimates = true,
  nowSeconds: () => number = () => performance.now() / 1000,
): Meter {
  const total = phases.reduce((sum, phase) => sum + phase.expectedSeconds, 0);
  let current = 0;
  let startedSeconds = nowSeconds();
  let best = 0;

  function report(fraction: number, text: string): void {
    const phase = phases[current]!;
    const clamped = Math.min(Math.max(fraction, 0), 1);
    const before = phases.slice(0, current).reduce((sum, each) => sum + each.expectedSeconds, 0);
    best = Math.max(best, before + clamped * phase.expectedSeconds);
    const after = total - before - phase.expectedSeconds;
    const elapsed = nowSeconds() - startedSeconds;
    const inPhase =
      elapsed >= measuredAfterSeconds && clamped > 0.01
        ? (elapsed * (1 - clamped)) / clamped
        : phase.expectedSeconds * (1 - clamped);
    onProgress({
      phase: text,
      done: best,
      total,
      ...(estimates ? { secondsLeft: inPhase + after } : {}),
    });
  }

  return {
    enter(name) {
      const index = phases.findIndex((phase) => phase.name === name);
      if (index < 0) throw new Error(`createMeter: there is no phase '${name}'`);
      current = index;
      startedSeconds = nowSeconds();
      report(0, name);
    },
    advance(fraction, detail) {
      const { name } = phases[current]!;
      report(fraction, detail === undefined ? name : `${name} ${detail}`);
    },
    note(text) {
      onProgress({ phase: text, done: best, total });
    },
  };
}

/** For a build that nobody watches. */
export const silent: OnProgress = () => undefined;
