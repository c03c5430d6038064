// SPDX-License-Identifier: GPL-2.0-only

// `npm run fuzz -- NAME [--count N] [--seed S]`: set-up, then the fuzzer test/fuzz/NAME-calls.test.ts or NAME.test.ts
// with that many calls or frames and that seed; without a seed, one drawn by chance. The seed is the first thing printed.
// `npm run fuzz -- frames --coverage` also writes coverage/frames.txt: which of the kernel's code for networks has run.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { SetupError, run } from './lib/script.mjs';
import { root, setup } from './setup.mjs';

await run(async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      count: { type: 'string', default: '1000000' },
      seed: { type: 'string' },
      coverage: { type: 'boolean', default: false },
    },
  });
  const fuzzers = new Map(
    readdirSync(join(root, 'test/fuzz'))
      .filter((file) => file.endsWith('.test.ts'))
      .map((file) => [file.replace(/(-calls)?\.test\.ts$/, ''), file]),
  );
  const file = fuzzers.get(positionals[0]);
  if (file === undefined) {
    throw new SetupError(
      `no fuzzer '${positionals[0] ?? ''}'`,
      `npm run fuzz -- NAME, where NAME is one of ${[...fuzzers.keys()].join(', ')}`,
    );
  }
  if (values.coverage && positionals[0] !== 'frames') {
    throw new SetupError('--coverage', 'only the fuzzer of frames says which code has run');
  }
  const count = wholeNumber(values.count, '--count');
  const seed = wholeNumber(values.seed ?? String(Date.now() % 2 ** 32), '--seed');
  console.log(`seed ${seed}, count ${count}`);
  await setup('fuzz');
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  return spawnSync(process.execPath, [vitest, 'run', '--project', 'fuzz', `test/fuzz/${file}`], {
    cwd: root,
    stdio: 'inherit',
    env: {
      ...process.env,
      LIBOS_FUZZ_COUNT: count,
      LIBOS_FUZZ_SEED: seed,
      ...(values.coverage && { LIBOS_FUZZ_COVERAGE: join(root, 'coverage/frames.txt') }),
    },
  }).status;
});

function wholeNumber(text, option) {
  if (!/^\d{1,10}$/.test(text) || Number(text) >= 2 ** 32) {
    throw new SetupError(`${option} ${text}`, `${option} takes a whole number below 2^32`);
  }
  return text;
}
