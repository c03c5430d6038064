// SPDX-License-Identifier: GPL-2.0-only

/** The readers of results: what they see in a log, and that a log which breaks off is no success. */
import { describe, expect, test } from 'vitest';
import { parseKtap } from './ktap.js';
import { parseTestBpf } from './test-bpf.js';

const ktap = `
Linux version 6.12
KTAP version 1
1..3
    KTAP version 1
    # Subtest: lists
    # module: list_test
    1..3
    ok 1 list_add
some driver says: ok 7 days
    # list_del: EXPECTATION FAILED at lib/list-test.c:12
    Expected a == b
    not ok 2 list_del
    ok 3 list_swap # SKIP needs two processors
# lists: pass:1 fail:1 skip:1 total:3
not ok 1 lists
    KTAP version 1
    # Subtest: sums
    1..1
        KTAP version 1
        # Subtest: sum
        ok 1 a # b
        ok 2 zero
    # sum: pass:2 fail:0 skip:0 total:2
    ok 1 sum
ok 2 sums
# broken: failed to initialize (-12)
not ok 3 broken
Run /sbin/init as init process
`.split('\n');

describe("KUnit's results", () => {
  test('are read with their cases, reasons and parameters', () => {
    expect(parseKtap(ktap)).toEqual([
      {
        name: 'lists',
        outcome: 'fail',
        planned: 3,
        cases: [
          { name: 'list_add', outcome: 'pass', reason: '', parameters: 0 },
          {
            name: 'list_del',
            outcome: 'fail',
            reason: '# list_del: EXPECTATION FAILED at lib/list-test.c:12',
            parameters: 0,
          },
          { name: 'list_swap', outcome: 'skip', reason: 'needs two processors', parameters: 0 },
        ],
      },
      {
        name: 'sums',
        outcome: 'pass',
        planned: 1,
        cases: [{ name: 'sum', outcome: 'pass', reason: '', parameters: 2 }],
      },
      { name: 'broken', outcome: 'fail', planned: 0, cases: [] },
    ]);
  });

  test.each([
    ['breaks off in a suite', ktap.slice(0, 10)],
    ['breaks off between two', ktap.slice(0, 16)],
    ['has none', ['Linux version 6.12']],
    ['has lost a case', ktap.filter((line) => !line.includes('list_swap'))],
  ])('are refused when the log %s', (_, log) => {
    expect(() => parseKtap(log)).toThrow(/suites came to their end|told of/);
  });
});

const bpf = [
  'test_bpf: #0 TAX ',
  'jited:0 ',
  '2 3 1 ',
  'PASS',
  'test_bpf: #1 UNKNOWN: bad ',
  "test_bpf: Summary: 2 PASSED, 0 FAILED, [0/1 JIT'ed]",
  'test_bpf: #0 Tail call leaf jited:0 ret 1 != 2 FAIL',
  "test_bpf: test_tail_calls: Summary: 0 PASSED, 1 FAILED, [0/1 JIT'ed]",
  'test_bpf: #0 gso_with_rx_frags PASS',
  'test_bpf: test_skb_segment: Summary: 1 PASSED, 0 FAILED',
];

describe("test_bpf's results", () => {
  test('are read from whole lines and from parts of them', () => {
    const suites = parseTestBpf(bpf);
    expect(
      suites.map(({ name, cases }) => [name, ...cases.map((each) => [each.name, each.outcome])]),
    ).toEqual([
      ['test_bpf', ['TAX', 'pass'], ['UNKNOWN: bad', 'pass']],
      ['test_tail_calls', ['Tail call leaf', 'fail']],
      ['test_skb_segment', ['gso_with_rx_frags', 'pass']],
    ]);
  });

  test('are refused when they break off, or do not add up', () => {
    expect(() => parseTestBpf(bpf.slice(0, 7))).toThrow('came to their end: test_bpf');
    expect(() => parseTestBpf(bpf.filter((line) => !line.includes('UNKNOWN')))).toThrow(
      'counts 2 passed',
    );
  });
});
