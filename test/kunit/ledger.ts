// SPDX-License-Identifier: GPL-2.0-only

/**
 * The ledger of Linux's own tests (ledger.json): what every suite says in each form of the kernel, a reason for all
 * that does not pass, and why other suites cannot be held. Compares it with what a kernel said.
 */
import { readFileSync } from 'node:fs';
import type { FormName } from '../../kernel/build/manifest.js';
import type { Outcome, Suite } from './ktap.js';

/** How many cases a suite has; where the forms differ, in each. */
export type Count = number | Readonly<Record<FormName, number>>;

/** Cases that do not pass. */
export interface Exception {
  /** Their names, `*` for all of the suite. */
  readonly cases: readonly string[];
  /** `varies`: of a test whose own bug leaves it to chance. */
  readonly outcome: Exclude<Outcome, 'pass'> | 'absent' | 'varies';
  /** In which forms; both, if it is not said. */
  readonly form?: FormName;
  /** Of a case that passes in the oracle: why that is no fault of the port. */
  readonly passesInOracle?: true;
  readonly reason: string;
}

export interface Line {
  readonly suite: string;
  /** The option that brings it. */
  readonly symbol: string;
  readonly cases: Count;
  readonly exceptions?: readonly Exception[];
}

export interface Ledger {
  readonly suites: readonly Line[];
  /** Options whose suites this kernel cannot hold. */
  readonly notHeld: readonly { readonly symbols: readonly string[]; readonly reason: string }[];
}

export const ledger = JSON.parse(
  readFileSync(new URL('ledger.json', import.meta.url), 'utf8'),
) as Ledger;

/** What differs between the ledger and what a form's kernel said; nothing, if all is as written. */
export function differences(form: FormName, suites: readonly Suite[]): string[] {
  const said = new Map(suites.map((suite) => [suite.name, suite]));
  const lines = new Map(ledger.suites.map((line) => [line.suite, line]));
  return [
    ...[...said.keys()].filter((name) => !lines.has(name)).map((name) => `${name}: not written`),
    ...ledger.suites.flatMap((line) => {
      const suite = said.get(line.suite);
      return suite === undefined
        ? [`${line.suite}: did not run`]
        : suiteDifferences(form, line, suite);
    }),
  ];
}

function suiteDifferences(form: FormName, line: Line, suite: Suite): string[] {
  const planned = typeof line.cases === 'number' ? line.cases : line.cases[form];
  const found: string[] = [];
  if (suite.cases.length !== planned) {
    found.push(`${line.suite}: ${suite.cases.length} cases, ${planned} are written`);
  }
  for (const { name, outcome, reason } of suite.cases) {
    const exception = exceptionOf(line, form, name);
    const written = exception === undefined ? 'pass' : exception.outcome;
    if (outcome !== written && written !== 'varies') {
      found.push(`${line.suite}.${name}: ${outcome}, written is ${written}. ${reason}`.trim());
    }
  }
  const names = new Set(suite.cases.map(({ name }) => name));
  for (const { cases, outcome, form: only } of line.exceptions ?? []) {
    if ((only ?? form) !== form || outcome === 'absent') continue;
    const missing = cases.filter((name) => name !== '*' && !names.has(name));
    found.push(...missing.map((name) => `${line.suite}.${name}: is written, and not there`));
  }
  return found;
}

export function exceptionOf(line: Line, form: FormName, name: string): Exception | undefined {
  return line.exceptions?.find(
    ({ cases, form: only }) =>
      (only ?? form) === form && (cases.includes('*') || cases.includes(name)),
  );
}

/** The cases that pass in the oracle and not here, and of which the ledger does not say why that is right. */
export function worseThanOracle(
  form: FormName,
  here: readonly Suite[],
  oracle: readonly Suite[],
): string[] {
  const lines = new Map(ledger.suites.map((line) => [line.suite, line]));
  // Some names are there more than once: a case passes if all of its name do.
  const ours = new Map<string, Outcome>();
  for (const { name: suite, cases } of here) {
    for (const { name, outcome } of cases) {
      const before = ours.get(`${suite}.${name}`) ?? 'pass';
      ours.set(`${suite}.${name}`, before === 'pass' ? outcome : before);
    }
  }
  return oracle.flatMap(({ name: suite, cases }) =>
    cases.flatMap(({ name, outcome }) => {
      const our = ours.get(`${suite}.${name}`) ?? 'absent';
      if (outcome !== 'pass' || our === 'pass') return [];
      const line = lines.get(suite);
      const isExplained = line && exceptionOf(line, form, name)?.passesInOracle === true;
      return isExplained ? [] : [`${suite}.${name}: passes in the oracle, here ${our}`];
    }),
  );
}
