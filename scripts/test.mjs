// SPDX-License-Identifier: GPL-2.0-only

// `npm test`: set-up, the static checks, then the test suites from fast to slow. `npm test -- WORD …` runs only
// the suites (`unit`, `simulation` …), files or folders named, `checks` what no kernel has to be built for (types,
// lint, format, the suite `tidy`), and `-t PATTERN` the tests of that name. The last line is plain: `N passed, N failed`,
// and `, N skipped` where some were.
import { runChecks } from './lib/checks.mjs';
import { QuietReporter } from './lib/reporter.mjs';
import { suites } from './lib/suites.mjs';
import { SetupError, run } from './lib/script.mjs';
import { root, setup } from './setup.mjs';

await run(async () => {
  const { words, pattern } = parse(process.argv.slice(2));
  const onlyChecks = words.length === 1 && words[0] === 'checks';
  await setup(onlyChecks ? 'checks' : 'test');

  const totals = { passed: 0, failed: 0, skipped: 0 };
  if (words.length === 0 || words.includes('checks')) add(totals, await runChecks(root));
  add(totals, await runSuites(onlyChecks ? ['tidy'] : words, pattern));

  const skipped = totals.skipped > 0 ? `, ${totals.skipped} skipped` : '';
  console.log(`\n${totals.passed} passed, ${totals.failed} failed${skipped}`);
  return totals.failed > 0 ? 1 : 0;
});

function parse(args) {
  const at = args.indexOf('-t');
  const pattern = at < 0 ? undefined : args[at + 1];
  const words = args.filter((_, index) => at < 0 || (index !== at && index !== at + 1));
  return { words, pattern };
}

function add(totals, { passed, failed, skipped = 0 }) {
  totals.passed += passed;
  totals.failed += failed;
  totals.skipped += skipped;
}

async function runSuites(words, pattern) {
  // Vitest colours its diffs for a pipe too.
  if (!process.stdout.isTTY) process.env.NO_COLOR = '1';
  // Loaded here, not above: before set-up there is no Vitest.
  const { createVitest } = await import('vitest/node');
  const reporter = new QuietReporter();
  const names = suites.map(({ name }) => name);
  const project = words.filter((word) => names.includes(word));
  const filters = words.filter((word) => word !== 'checks' && !names.includes(word));
  const vitest = await createVitest('test', {
    root,
    watch: false,
    reporters: [reporter],
    ...(project.length > 0 && { project }),
    ...(pattern !== undefined && { testNamePattern: pattern }),
  });
  try {
    await vitest.start(filters);
  } catch (error) {
    // Said below, in our own words.
    if (error?.code !== 'VITEST_FILES_NOT_FOUND') throw error;
  } finally {
    await vitest.close();
  }
  if (reporter.passed + reporter.failed === 0 && words.length > 0) {
    throw new SetupError(
      `no test matches ${[...words, pattern ?? ''].join(' ').trim()}`,
      `name a file, a folder or one of the suites ${names.join(', ')}, checks`,
    );
  }
  return reporter;
}
