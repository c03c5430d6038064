// SPDX-License-Identifier: GPL-2.0-only

// `npm run demo`: set-up, then `libos demo` with the same arguments.
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { run } from './lib/script.mjs';
import { root, setup } from './setup.mjs';

await run(async () => {
  await setup('demo');
  const main = join(root, 'dist/src/cli/main.js');
  return spawnSync(process.execPath, [main, 'demo', ...process.argv.slice(2)], { stdio: 'inherit' })
    .status;
});
