// SPDX-License-Identifier: GPL-2.0-only

/**
 * Cases of programs on the library's stack, and the ledger that says which of them work. A case that the ledger says
 * works must pass; one that it says does not must fail, so that the ledger is true both ways.
 */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createStage, side, type Stage } from './stage.js';

export interface ProgramCase {
  /** The program's name, as it is called. */
  readonly program: string;
  /** What it does here, in a few words; with the program's name it names the case. */
  readonly does: string;
  /** Fails where the program does. */
  run(stage: Stage): Promise<void>;
}

/** What the ledger says of a program. */
export interface LedgerEntry {
  readonly works: readonly string[];
  /** What does not work, and why. */
  readonly doesNot?: Readonly<Record<string, string>>;
}

export type Ledger = Readonly<Record<string, LedgerEntry>>;

export function readLedger(): Ledger {
  const text = readFileSync(new URL('ledger.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { readonly programs: Ledger }).programs;
}

/** Makes a test of each case, all on one host. */
export function testCases(title: string, cases: readonly ProgramCase[]): void {
  const ledger = readLedger();
  describe(`${title} on ${side}`, () => {
    let stage: Stage | undefined;
    beforeAll(async () => {
      stage = await createStage();
    });
    afterAll(async () => {
      await stage?.[Symbol.asyncDispose]();
    });
    for (const entry of cases) {
      const why = side === 'libos' ? ledger[entry.program]?.doesNot?.[entry.does] : undefined;
      if (why === undefined) {
        test(`${entry.program}: ${entry.does}`, () => entry.run(stage!));
      } else {
        test(`${entry.program}: ${entry.does}: does not work yet: ${why}`, async () => {
          await expect(entry.run(stage!), 'it works now: say so in the ledger').rejects.toThrow();
        });
      }
    }
  });
}

/** A case of one command that must end well and print what matches. */
export function prints(
  program: string,
  does: string,
  command: string,
  pattern: RegExp | readonly RegExp[],
  timeoutMs = 15_000,
): ProgramCase {
  return {
    program,
    does,
    async run(stage) {
      const { code, out, err } = await stage.run(['sh', '-c', command], { timeoutMs });
      const patterns = pattern instanceof RegExp ? [pattern] : pattern;
      const said = `${out}\n${err}`;
      for (const each of patterns) expect(said, command).toMatch(each);
      expect(code, `${command}\n${said}`).toBe(0);
    },
  };
}

/** A case of one command that must end with this exit code and say what matches. */
export function refuses(
  program: string,
  does: string,
  command: string,
  code: number,
  pattern: RegExp,
): ProgramCase {
  return {
    program,
    does,
    async run(stage) {
      const result = await stage.run(['sh', '-c', command]);
      expect(result.out + result.err, command).toMatch(pattern);
      expect(result.code).toBe(code);
    },
  };
}
