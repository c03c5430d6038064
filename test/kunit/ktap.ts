// SPDX-License-Identifier: GPL-2.0-only

/**
 * Reads KUnit's results (KTAP, Documentation/dev-tools/ktap.rst) out of a kernel's log. They stand among all that the
 * tested code says, at any indentation, so only lines of KTAP's own form count. Text in, results out.
 */
export type Outcome = 'pass' | 'fail' | 'skip';

export interface Case {
  readonly name: string;
  readonly outcome: Outcome;
  /** Why it was skipped, or what its failed expectations say. */
  readonly reason: string;
  /** How often it ran, if it has parameters. */
  readonly parameters: number;
}

export interface Suite {
  readonly name: string;
  readonly outcome: Outcome;
  /** How many cases it said that it has. */
  readonly planned: number;
  readonly cases: readonly Case[];
}

interface Open {
  planned: number;
  cases: Case[];
  /** What has been said for the next case. */
  said: string[];
  parameters: number;
}

/** KTAP indents each level by four. */
const levelIndent = 4;

/** @throws Error if suites are missing, twice there, or without an end: the kernel stopped in them */
export function parseKtap(log: readonly string[]): Suite[] {
  const suites: Suite[] = [];
  let open: Open | undefined;
  for (const line of log) {
    if (/^ {4}KTAP version 1/.test(line)) open = { planned: 0, cases: [], said: [], parameters: 0 };
    const plan = /^ {4}1\.\.(\d+)$/.exec(line);
    if (plan && open) open.planned = Number(plan[1]);
    if (/^ +# .*(EXPECTATION|ASSERTION) FAILED/.test(line)) open?.said.push(line.trim());
    const result = parseResult(line);
    if (!result) continue;
    if (result.level === 2 && open) open.parameters++;
    if (result.level === 1 && open) {
      const { name, outcome, directive } = result;
      const reason = outcome === 'fail' ? open.said.join('; ') : directive;
      open.cases.push({ name, outcome, reason, parameters: open.parameters });
      open.said = [];
      open.parameters = 0;
    }
    if (result.level === 0) {
      const { name, outcome } = result;
      // One that could not be set up says nothing but its end.
      suites.push({ name, outcome, planned: open?.planned ?? 0, cases: open?.cases ?? [] });
      open = undefined;
    }
  }
  checkComplete(log, suites, open);
  return suites;
}

interface Result {
  /** 0: a suite, 1: a case, 2: a case with one of its parameters. */
  readonly level: number;
  readonly name: string;
  readonly outcome: Outcome;
  readonly directive: string;
}

function parseResult(line: string): Result | undefined {
  const match = /^( *)(not ok|ok) \d+ (.*)$/.exec(line);
  if (!match) return undefined;
  const [, indent = '', status, rest = ''] = match;
  const [name = '', directive] = rest.split(/ # SKIP ?/);
  const skipped = directive !== undefined;
  return {
    level: indent.length / levelIndent,
    name,
    outcome: status === 'not ok' ? 'fail' : skipped ? 'skip' : 'pass',
    directive: directive ?? '',
  };
}

function checkComplete(
  log: readonly string[],
  suites: readonly Suite[],
  open: Open | undefined,
): void {
  const plan = log
    .map((line) => /^1\.\.(\d+)$/.exec(line)?.[1])
    .find((count) => count !== undefined);
  const last = suites.at(-1)?.name ?? 'none';
  if (open || plan === undefined || suites.length !== Number(plan)) {
    throw new Error(
      `${suites.length} of ${plan ?? 'no'} suites came to their end, ${last} the last; the log ends:\n` +
        log.slice(-20).join('\n'),
    );
  }
  for (const { name, planned, cases } of suites) {
    if (planned !== cases.length) {
      throw new Error(`suite ${name} has ${planned} cases, and told of ${cases.length}`);
    }
  }
}
