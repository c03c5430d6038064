// SPDX-License-Identifier: GPL-2.0-only

/** The ledger has a line for every suite of KUnit that the tree knows, and a reason for all that does not pass. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findDebianSource } from '../../kernel/build/source.js';
import { packageRoot } from '../../src/package-root.js';
import type { Outcome, Suite } from './ktap.js';
import { differences, ledger, worseThanOracle } from './ledger.js';
import { kunitSymbols } from './symbols.js';

const reasonLengthMin = 20;
const held = ledger.suites.map(({ symbol }) => symbol);
const notHeld = ledger.notHeld.flatMap(({ symbols }) => symbols);

test('every option of the tree that brings suites is in the ledger, once', async () => {
  const { tree } = await findDebianSource();
  const written = [...new Set(held), ...notHeld];
  expect(written.length).toBe(new Set(written).size);
  // test_bpf is older than KUnit.
  expect(written.filter((symbol) => symbol !== 'TEST_BPF').sort()).toEqual(kunitSymbols(tree));
});

test('what is said to run is in the profile, and nothing else is', () => {
  const config = readFileSync(join(packageRoot, 'kernel/config/test.config'), 'utf8');
  const on = new Set([...config.matchAll(/^CONFIG_(\w+)=y$/gm)].map(([, symbol]) => symbol));
  expect(held.filter((symbol) => !on.has(symbol))).toEqual([]);
  const helpers = ['REGMAP_BUILD'];
  expect(notHeld.filter((symbol) => on.has(symbol) && !helpers.includes(symbol))).toEqual([]);
});

test('whatever does not pass has a reason', () => {
  for (const { suite, exceptions = [] } of ledger.suites) {
    for (const { cases, reason } of exceptions) {
      expect(cases.length, suite).toBeGreaterThan(0);
      expect(reason.length, `${suite}: ${cases.join()}`).toBeGreaterThan(reasonLengthMin);
    }
  }
  for (const { symbols, reason } of ledger.notHeld) {
    expect(reason.length, symbols.join()).toBeGreaterThan(reasonLengthMin);
  }
});

/** slub_test as it is written: eight cases, of which one is skipped. */
function slubTest(outcomes: readonly Outcome[], exception: Outcome): Suite[] {
  const cases = [
    ...outcomes.map((outcome, index) => ({ name: `case ${index}`, outcome })),
    { name: 'test_kfree_rcu', outcome: exception },
  ].map((each) => ({ ...each, reason: '', parameters: 0 }));
  return [{ name: 'slub_test', outcome: 'pass', planned: cases.length, cases }];
}

const sevenPass: readonly Outcome[] = Array.from({ length: 7 }, () => 'pass');

test.each([
  ['nothing', slubTest(sevenPass, 'skip'), []],
  [
    'a case that fails',
    slubTest(['fail', ...sevenPass.slice(1)], 'skip'),
    ['slub_test.case 0: fail, written is pass.'],
  ],
  [
    'a case that passes although it is written otherwise',
    slubTest(sevenPass, 'pass'),
    ['slub_test.test_kfree_rcu: pass, written is skip.'],
  ],
  ['a case less', slubTest(sevenPass.slice(1), 'skip'), ['slub_test: 7 cases, 8 are written']],
  ['a suite that did not run', [], ['slub_test: did not run']],
])('of what a kernel said, %s differs from the ledger', (_, suites, expected) => {
  const found = differences('wasm32', suites);
  expect(found.filter((line) => line.startsWith('slub_test'))).toEqual(expected);
});

test.each<Outcome>(['pass', 'fail'])(
  'a case that its own bug leaves to chance may say "%s", and must be there',
  (outcome) => {
    const chance = 'VCAP_API_DebugFS_Testsuite';
    const cases = [
      'vcap_api_addr_keyset_test',
      'vcap_api_show_admin_raw_test',
      'vcap_api_show_admin_test',
      'vcap_api_show_admin_rule_test',
    ].map((name, at) => ({
      name,
      outcome: at < 2 ? outcome : ('pass' as const),
      reason: '',
      parameters: 0,
    }));
    const told = (shown: typeof cases): string[] =>
      differences('wasm32', [
        { name: chance, outcome, planned: shown.length, cases: shown },
      ]).filter((line) => line.startsWith(chance));
    expect(told(cases)).toEqual([]);
    expect(told(cases.slice(1))).toEqual([
      `${chance}: 3 cases, 4 are written`,
      `${chance}.vcap_api_addr_keyset_test: is written, and not there`,
    ]);
  },
);

test('what passes in the oracle and not here is told, unless the ledger explains it', () => {
  const oracle = slubTest(sevenPass, 'pass');
  const here = slubTest(['fail', ...sevenPass.slice(1)], 'skip');
  expect(worseThanOracle('wasm32', here, oracle)).toEqual([
    'slub_test.case 0: passes in the oracle, here fail',
    'slub_test.test_kfree_rcu: passes in the oracle, here skip',
  ]);
  const usercopy = (outcome: Outcome): Suite => ({
    name: 'usercopy',
    outcome,
    planned: 1,
    cases: [{ name: 'usercopy_test_valid', outcome, reason: '', parameters: 0 }],
  });
  expect(worseThanOracle('wasm32', [usercopy('skip')], [usercopy('pass')])).toEqual([]);
});
