// SPDX-License-Identifier: GPL-2.0-only

// `npm run soak [-- --hours N] [--seed S]`: set-up, then test/soak for N virtual hours (24 unless said), a line of
// figures after each. The seed is the first thing printed.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { SetupError, run } from './lib/script.mjs';
import { root, setup } from './setup.mjs';

await run(async () => {
  const { values } = parseArgs({
    options: { hours: { type: 'string', default: '24' }, seed: { type: 'string', default: '1' } },
  });
  for (const [name, value] of Object.entries(values)) {
    if (!/^[1-9]\d{0,6}$/.test(value)) {
      throw new SetupError(`--${name} ${value}`, `--${name} takes a whole number from 1`);
    }
  }
  console.log(`seed ${values.seed}, ${values.hours} hours`);
  await setup('soak');
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  const options = ['run', '--project', 'soak', '--disable-console-intercept'];
  return spawnSync(process.execPath, [vitest, ...options], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, LIBOS_SOAK_HOURS: values.hours, LIBOS_SOAK_SEED: values.seed },
  }).status;
});
