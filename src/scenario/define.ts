// SPDX-License-Identifier: GPL-2.0-only

/**
 * A scenario as a module's default export: its parameters, and the function that builds the simulation and runs
 * it. A module whose top level makes its own `new Simulation()` is a scenario too, and needs none of this.
 */
import type { Simulation, SimulationOptions } from '../dce/index.js';
import type { ParameterDeclarations, Parameters } from './parameters.js';

/** What a scenario's function is given. */
export interface ScenarioInput<T extends ParameterDeclarations> {
  /** A new simulation, with the seed and the limits that the scenario is run with. */
  readonly sim: Simulation;
  readonly parameters: Parameters<T>;
}

/** What a scenario says of itself. */
export interface ScenarioOptions<T extends ParameterDeclarations> {
  /** Their names and defaults; `libos sim --set name=value` sets them. */
  readonly parameters?: T;
  /** What the simulation is made with. */
  readonly simulation?: SimulationOptions;
}

/** A scenario as it is written: it gets its parameters, and its result is the run’s. */
export type ScenarioFunction<T extends ParameterDeclarations> = (
  input: ScenarioInput<T>,
) => unknown;

/** None are declared. */
type NoParameters = Readonly<Record<string, never>>;

/** What `scenario()` makes. */
export class Scenario<T extends ParameterDeclarations = ParameterDeclarations> {
  readonly options: ScenarioOptions<T>;
  readonly build: ScenarioFunction<T>;

  constructor(options: ScenarioOptions<T>, build: ScenarioFunction<T>) {
    this.options = options;
    this.build = build;
  }
}

/**
 * Declares a scenario: `export default scenario({ parameters: { rate: '10 Mbit/s' } }, async ({ sim, parameters })
 * => { … })`. What the function returns is the scenario's value; a simulation that it has not run is run to its
 * end, or to `--until`.
 */
export function scenario(build: ScenarioFunction<NoParameters>): Scenario;
export function scenario<const T extends ParameterDeclarations>(
  options: ScenarioOptions<T>,
  build: ScenarioFunction<T>,
): Scenario;
export function scenario<T extends ParameterDeclarations>(
  first: ScenarioOptions<T> | ScenarioFunction<T>,
  second?: ScenarioFunction<T>,
): Scenario {
  const [options, build] = typeof first === 'function' ? [{}, first] : [first, second!];
  return new Scenario(options, build) as unknown as Scenario;
}
