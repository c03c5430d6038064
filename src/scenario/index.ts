// SPDX-License-Identifier: GPL-2.0-only

/**
 * Scenarios as files, with parameters, run in a thread of their own.
 * @module libos/scenario
 */
export {
  scenario,
  type Scenario,
  type ScenarioFunction,
  type ScenarioInput,
  type ScenarioOptions,
} from './define.js';
export { ScenarioError, type SourceLocation } from './failure.js';
export {
  parameters,
  type ParameterDeclaration,
  type ParameterDeclarations,
  type Parameters,
  type ParameterValue,
} from './parameters.js';
export type { LinkSummary, ProgramSummary, SimulationSummary } from './request.js';
export {
  runScenario,
  type RunScenarioOptions,
  type ScenarioProgress,
  type ScenarioResult,
} from './run.js';
