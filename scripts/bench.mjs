// SPDX-License-Identifier: GPL-2.0-only

// `npm run bench -- NAME [--json …]`: set-up, then the compiled bench/NAME.ts with the other arguments.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { tellStepsOnStandardError } from '../src/cli/terminal.js';
import { SetupError, run } from './lib/script.mjs';
import { root, setup } from './setup.mjs';

await run(async () => {
  const [name, ...rest] = process.argv.slice(2);
  const names = readdirSync(join(root, 'bench'))
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .map((file) => file.slice(0, -3));
  if (name === undefined || !existsSync(join(root, 'bench', `${name}.ts`))) {
    throw new SetupError(
      name === undefined ? 'which benchmark?' : `no benchmark '${name}'`,
      `npm run bench -- NAME, where NAME is one of ${names.join(', ')}`,
    );
  }
  if (rest.includes('--json')) tellStepsOnStandardError();
  await setup(['fidelity', 'nuse'].includes(name) ? name : 'bench');
  return spawnSync(process.execPath, [join(root, 'dist/bench', `${name}.js`), ...rest], {
    stdio: 'inherit',
  }).status;
});
