// SPDX-License-Identifier: GPL-2.0-only

// `npm run coverage [-- --kernel NAME] [--output FOLDER] [TEST …]`: how often each line of Linux runs in tests on the
// native form, those of the POSIX layer unless others are named. Writes index.html and lcov.info into the folder
// `coverage`. Without a kernel's name it builds one of profile sim that counts the lines of net/.
import { spawnSync } from 'node:child_process';
import { join, relative, resolve } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { withCounts, writePages } from './lib/coverage.mjs';
import { SetupError, run } from './lib/script.mjs';
import { root, setup } from './setup.mjs';

const fragment = 'test/native/coverage.config';
const projects = ['native-form', 'conformance'];

await run(async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      kernel: { type: 'string' },
      output: { type: 'string', default: join(root, 'coverage') },
    },
  });
  await setup('coverage');
  const object = values.kernel === undefined ? build() : await find(values.kernel);
  const tests = positionals.length > 0 ? positionals : ['test/simulation/posix'];
  const folder = resolve(values.output);
  return withCounts((counts) => {
    const failed = runTests(tests, object, counts);
    const objects = writePages(counts, folder);
    const shown = relative(process.cwd(), folder) || '.';
    console.log(`${shown}/index.html and ${shown}/lcov.info: what ${objects} objects counted`);
    return failed;
  });
});

function runTests(tests, object, counts) {
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  const only = projects.flatMap((project) => ['--project', project]);
  return start(process.execPath, [vitest, 'run', ...only, ...tests], {
    LIBOS_FORM: 'native',
    LIBOS_TEST_NATIVE: object,
    GCOV_PREFIX: counts,
  });
}

function start(command, args, env) {
  const options = { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } };
  const { status, error } = spawnSync(command, args, options);
  if (error) throw new SetupError(`${command}: ${error.message}`, 'npm run setup installs it');
  return status ?? 1;
}

/** The path of a kernel.o that counts. */
function build() {
  const cli = join(root, 'dist/src/cli/main.js');
  const options = ['--form', 'native', '--config', fragment, '--name', 'coverage', '--json'];
  const made = spawnSync(process.execPath, [cli, 'kernel', 'build', ...options], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (made.status !== 0) throw new SetupError('the kernel cannot be built', 'see above');
  return JSON.parse(made.stdout).wasmPath;
}

async function find(name) {
  const { findKernel } = await import('../dist/kernel/build/index.js');
  return (await findKernel(name)).wasmPath;
}
