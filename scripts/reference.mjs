// SPDX-License-Identifier: GPL-2.0-only

// `npm run reference`: writes the reference of the package's interface, from its docstrings, as pages to browse.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { run, SetupError } from './lib/script.mjs';
import { root, setup } from './setup.mjs';

await run(async () => {
  await setup('checks');
  const typedoc = join(root, 'node_modules/typedoc/bin/typedoc');
  const { status, stdout, stderr } = spawnSync(process.execPath, [typedoc], {
    cwd: root,
    encoding: 'utf8',
  });
  if (status !== 0) throw new SetupError(`${stdout}${stderr}`.trim(), 'mend what TypeDoc names');
  console.log(`reference: ${join(root, 'dist/reference/index.html')}`);
});
