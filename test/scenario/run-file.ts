// SPDX-License-Identifier: GPL-2.0-only

/** Runs one of the scenarios beside this file, and keeps all that it says. */
import { join } from 'node:path';
import {
  runScenario,
  type ProgramSummary,
  type RunScenarioOptions,
  type ScenarioResult,
  type SimulationSummary,
} from '../../src/scenario/index.js';

export const scenarioFile = (name: string): string => join(import.meta.dirname, 'files', name);

export interface FileRun extends ScenarioResult {
  readonly output: string;
  readonly seeds: readonly (number | string)[];
  /** The first simulation. */
  readonly first: SimulationSummary;
}

/** `file`: a name in `files/`, or a whole path. */
export async function runFile(file: string, options: RunScenarioOptions = {}): Promise<FileRun> {
  let output = '';
  const seeds: (number | string)[] = [];
  const path = file.startsWith('/') ? file : scenarioFile(file);
  const result = await runScenario(path, {
    onOutput: (text) => (output += text),
    onSimulation: (seed) => seeds.push(seed),
    ...options,
  });
  return { ...result, output, seeds, first: result.simulations[0]! };
}

/** The program of that label, "alice/client". */
export function programOf({ first }: FileRun, label: string): ProgramSummary {
  const found = first.programs.find(({ host, name }) => `${host}/${name}` === label);
  if (!found) throw new Error(`there is no program ${label}`);
  return found;
}
