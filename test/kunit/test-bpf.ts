// SPDX-License-Identifier: GPL-2.0-only

/**
 * Reads what Linux's lib/test_bpf.c says in a kernel's log: three suites of numbered tests, each with a summary. Text
 * in, results out, in the same form as KUnit's.
 */
import type { Case, Suite } from './ktap.js';

/** The suites in their order, by what their summary's line is called; the first has no name of its own. */
const suiteNames = ['test_bpf', 'test_tail_calls', 'test_skb_segment'];

/** @throws Error if a suite has not come to its end, or counts otherwise than its lines */
export function parseTestBpf(log: readonly string[]): Suite[] {
  const suites: Suite[] = [];
  let cases: { name: string; said: string }[] = [];
  for (const line of log) {
    const start = /^test_bpf: #\d+ (.*)$/.exec(line);
    if (start) {
      // The name, and on a console that joins what printk continues, the result too.
      const [, name = '', said = ''] =
        /^(.*?) ?((?:jited:|FAIL|PASS).*)?$/.exec(start[1] ?? '') ?? [];
      cases.push({ name, said });
      continue;
    }
    const summary = /^test_bpf: (?:(\w+): )?Summary: (\d+) PASSED, (\d+) FAILED/.exec(line);
    if (summary) {
      const [, name = 'test_bpf', passed, failed] = summary;
      suites.push(suite(name, cases, Number(passed), Number(failed)));
      cases = [];
      continue;
    }
    const last = cases.at(-1);
    if (last && /jited:|PASS|FAIL/.test(line)) last.said += ` ${line}`;
  }
  const names = suites.map(({ name }) => name);
  if (names.join() !== suiteNames.join()) {
    throw new Error(`of test_bpf's suites only these came to their end: ${names.join(', ')}`);
  }
  return suites;
}

function suite(
  name: string,
  lines: readonly { readonly name: string; readonly said: string }[],
  passed: number,
  failed: number,
): Suite {
  const cases = lines.map((line): Case => ({
    name: line.name,
    // Programs that must be refused say neither.
    outcome: line.said.includes('FAIL') ? 'fail' : 'pass',
    reason: line.said.includes('FAIL') ? line.said.trim() : '',
    parameters: 0,
  }));
  const failedLines = cases.filter(({ outcome }) => outcome === 'fail').length;
  if (failedLines !== failed || cases.length !== passed + failed) {
    throw new Error(
      `${name} counts ${passed} passed and ${failed} failed, its lines say ${cases.length - failedLines} and ${failedLines}`,
    );
  }
  return { name, outcome: failed > 0 ? 'fail' : 'pass', planned: cases.length, cases };
}
