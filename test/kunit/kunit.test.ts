// SPDX-License-Identifier: GPL-2.0-only

/**
 * Linux's own tests, KUnit and test_bpf, run in both forms of the kernel and in an ordinary one of 32 bits: each
 * says what the ledger says, and what passes in the ordinary one passes here.
 */
import { expect, test } from 'vitest';
import type { FormName } from '../../kernel/build/manifest.js';
import type { Suite } from './ktap.js';
import { differences, worseThanOracle } from './ledger.js';
import { runInModule, runInNativeForm, runInOracle } from './run.js';
import type { TestRun } from './run.js';

const forms: readonly (readonly [FormName, () => TestRun | Promise<TestRun>])[] = [
  ['wasm32', runInModule],
  ['x86_64', runInNativeForm],
];
const said = new Map<FormName, readonly Suite[]>();

test.each(forms)('every suite says in form %s what the ledger says', async (form, run) => {
  const { suites } = await run();
  said.set(form, suites);
  expect(differences(form, suites)).toEqual([]);
  const count = suites.reduce((sum, { cases }) => sum + cases.length, 0);
  expect(count).toBeGreaterThan(1500);
});

test('what passes in an ordinary kernel of 32 bits passes here', async () => {
  const oracle = (await runInOracle()).suites;
  for (const [form, suites] of said) expect(worseThanOracle(form, suites, oracle)).toEqual([]);
  // It has the same suites: none is compared with nothing.
  const names = (suites: readonly Suite[]): string[] => suites.map(({ name }) => name).sort();
  expect(names(oracle)).toEqual(names(said.get('wasm32') ?? []));
});
