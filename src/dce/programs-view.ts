// SPDX-License-Identifier: GPL-2.0-only

/** How the programs of a simulation stand: what decides whether a run has ended, also over several workers. */
import type { Program } from './program.js';
import { describeProgram } from './run-report.js';

/** A program that has not ended. */
export interface LiveProgram {
  /** Index of its host, and its number there. */
  readonly host: number;
  readonly number: number;
  /** It, and what it waits for. */
  readonly text: string;
  /** It only waits for somebody to come. */
  readonly atRest: boolean;
}

export interface ProgramsView {
  /** By host and number. */
  readonly live: readonly LiveProgram[];
  /** Grows whenever a program gets on. */
  readonly progress: number;
  /** Something that one of them waits for comes with time. */
  readonly waitsForTime: boolean;
}

export function viewPrograms(programs: readonly Program[], progress: number): ProgramsView {
  const live = programs.map((program) => ({
    host: program.host.index,
    number: program.number,
    text: describeProgram(program),
    atRest: program.atRest,
  }));
  return { live, progress, waitsForTime: programs.some((program) => program.waitsForTime) };
}

/** What several workers see, each its own programs. */
export function joinViews(views: readonly ProgramsView[]): ProgramsView {
  const live = views.flatMap((view) => view.live);
  live.sort((a, b) => a.host - b.host || a.number - b.number);
  return {
    live,
    progress: views.reduce((sum, { progress }) => sum + progress, 0),
    waitsForTime: views.some(({ waitsForTime }) => waitsForTime),
  };
}
