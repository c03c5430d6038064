// SPDX-License-Identifier: GPL-2.0-only

/** Runs experiments in the oracle: several in one boot, each on hosts and links of its own. */
import { linkSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runToolOrThrow } from '../../kernel/build/tool.js';
import { runOracle } from '../../kernel/oracle/index.js';
import type { Oracle } from '../../kernel/oracle/index.js';
import { LibosError } from '../../src/errors.js';
import { packageRoot } from '../../src/package-root.js';
import type { Measured, Outcome, Run } from './experiment.js';
import { planOf } from './oracle-plan.js';

/** Where the guest sees the folder with its plan. */
const guestFolder = '/run/plan';
const sources = ['guest.c', 'guest-devices.c', 'guest-traffic.c'];

export class OracleSide {
  readonly #oracle: Oracle;
  readonly #folder: string;
  readonly #guest: string;
  #plans = 0;

  private constructor(oracle: Oracle, folder: string, guest: string) {
    this.#oracle = oracle;
    this.#folder = folder;
    this.#guest = guest;
  }

  /** Compiles process 1. */
  static async create(oracle: Oracle): Promise<OracleSide> {
    const folder = mkdtempSync(join(tmpdir(), 'libos-fidelity-'));
    const guest = join(folder, 'guest');
    const files = sources.map((file) => join(packageRoot, 'bench/fidelity', file));
    await runToolOrThrow('gcc', ['-O2', '-Wall', '-o', guest, ...files, '-lm']);
    return new OracleSide(oracle, folder, guest);
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true });
  }

  /** What each of the runs measured, in one boot of the oracle. */
  async measure(runs: readonly Run[]): Promise<Outcome[]> {
    const folder = join(this.#folder, String(this.#plans++));
    mkdirSync(folder);
    linkSync(this.#guest, join(folder, 'guest'));
    for (const [name, text] of planOf(runs, guestFolder)) writeFileSync(join(folder, name), text);
    const said = await runOracle(this.#oracle, { folder, init: 'guest' });
    const result = readFileSync(join(folder, 'result'), 'utf8');
    const outcomes = parseResult(result);
    if (outcomes.length === runs.length && result.endsWith('end\n')) return outcomes;
    throw new LibosError(
      'ERR_LIBOS_ORACLE',
      `the oracle's traffic failed: ${result.trim().split('\n').at(-1) ?? ''}\n${said.trim()}`,
    );
  }
}

/** The outcomes of the runs in the guest's own words, in order. */
export function parseResult(text: string): Outcome[] {
  const outcomes: Map<string, Measured>[] = [];
  for (const line of text.split('\n')) {
    const [kind, name, ...values] = line.split(' ');
    if (kind === 'say') outcomes.push(new Map());
    const measured = name === undefined ? undefined : measuredOf(kind, values.map(Number));
    if (measured) outcomes.at(-1)!.set(name!, measured);
  }
  return outcomes;
}

function measuredOf(kind: string | undefined, values: readonly number[]): Measured | undefined {
  switch (kind) {
    case 'bulk':
      return { kind, receivedBytes: values[0]! };
    case 'fetch':
      return { kind, tookNs: values };
    case 'ping':
      return { kind, roundTripNs: values };
    case 'cbr':
      return { kind, sent: values[0]!, received: values[1]! };
    default:
      return undefined;
  }
}
