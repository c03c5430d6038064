// SPDX-License-Identifier: GPL-2.0-only

/**
 * Parameters of a scenario: declared with defaults, given as text by whoever runs it (`--set rate='5 Mbit/s'`).
 * A value is of its default's type, and a name that is not declared is an error.
 */
import { LibosError } from '../errors.js';

/** What a parameter can be. */
export type ParameterValue = string | number | boolean;

/** A parameter with more to say than its default. */
export interface ParameterDeclaration<T extends ParameterValue = ParameterValue> {
  readonly default: T;
  /** What it is, for people. */
  readonly description?: string;
  /** The values that it can have. */
  readonly choices?: readonly T[];
}

/** The parameters of a scenario by name, each with its default. */
export type ParameterDeclarations = Readonly<Record<string, ParameterValue | ParameterDeclaration>>;

/** The values of declared parameters. */
export type Parameters<T extends ParameterDeclarations> = {
  readonly [Name in keyof T]: Widened<T[Name] extends { readonly default: infer D } ? D : T[Name]>;
};

/** A default of 4 declares a number. */
type Widened<T> = T extends string
  ? string
  : T extends number
    ? number
    : T extends boolean
      ? boolean
      : never;

/** What was given to the scenario of this thread, and whether it has been asked for. */
let given: Readonly<Record<string, ParameterValue>> = {};
const declared = new Map<string, ParameterDeclaration>();
let asked = false;

/** Context: called by the runner before the scenario's module is evaluated. */
export function giveParameters(values: Readonly<Record<string, ParameterValue>>): void {
  given = values;
  declared.clear();
  asked = false;
}

/**
 * Declares the scenario's parameters and gives their values: those it was run with, else the defaults.
 *
 *     const { rate, clients } = parameters({ rate: '10 Mbit/s', clients: 4 });
 */
export function parameters<const T extends ParameterDeclarations>(declarations: T): Parameters<T> {
  asked = true;
  const entries = Object.entries(declarations).map(([name, value]) => {
    const declaration = typeof value === 'object' ? value : { default: value };
    declared.set(name, declaration);
    return [name, valueOf(name, declaration)] as const;
  });
  checkNames();
  return Object.fromEntries(entries) as Parameters<T>;
}

/** Throws if something was given that no parameter takes. Context: the scenario is about to run. */
export function checkParameters(): void {
  if (!asked) checkNames();
}

function checkNames(): void {
  const unknown = Object.keys(given).find((name) => !declared.has(name));
  if (unknown === undefined) return;
  throw new LibosError('ERR_LIBOS_PARAMETER', `the scenario has no parameter ${unknown}`, {
    hint:
      declared.size === 0
        ? 'it declares none: const { rate } = parameters({ rate: "10 Mbit/s" })'
        : `it has ${[...declared].map(describe).join(', ')}`,
  });
}

function describe([name, { default: value, description }]: [string, ParameterDeclaration]): string {
  const what = description === undefined ? '' : ` (${description})`;
  return `${name}=${value}${what}`;
}

function valueOf(name: string, declaration: ParameterDeclaration): ParameterValue {
  const text = Object.hasOwn(given, name) ? given[name]! : undefined;
  if (text === undefined) return declaration.default;
  const value = converted(name, text, declaration.default);
  const { choices } = declaration;
  if (choices && !choices.includes(value)) {
    throw wrong(name, text, `one of ${choices.join(', ')}`);
  }
  return value;
}

function converted(name: string, text: ParameterValue, like: ParameterValue): ParameterValue {
  if (typeof like === 'string') return String(text);
  if (typeof like === 'number') {
    const value = typeof text === 'string' && text.trim() === '' ? NaN : Number(text);
    if (typeof text === 'boolean' || !Number.isFinite(value)) throw wrong(name, text, 'a number');
    return value;
  }
  if (text === true || text === 'true') return true;
  if (text === false || text === 'false') return false;
  throw wrong(name, text, 'true or false');
}

function wrong(name: string, value: ParameterValue, kind: string): LibosError {
  return new LibosError(
    'ERR_LIBOS_PARAMETER',
    `parameter ${name}: ${JSON.stringify(value)} is not ${kind}`,
  );
}
