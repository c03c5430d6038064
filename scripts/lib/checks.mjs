// SPDX-License-Identifier: GPL-2.0-only

// The static checks of `npm test`: lint, layering, format, types and reference, each counted as one test.
import { spawn } from 'node:child_process';
import { duration, green, red } from '../../src/cli/terminal.js';

const layeringRule = 'import-x/no-restricted-paths';

/** Runs all checks, prints a line for each and returns how many passed and failed. */
export async function runChecks(root) {
  const startedMs = Date.now();
  const runs = [lint(root), format(root), types(root), reference(root)];
  const results = (await Promise.all(runs)).flat();
  const took = duration((Date.now() - startedMs) / 1000);
  console.log(`checks (${took})`);
  for (const { name, problems } of results) {
    console.log(`  ${problems === '' ? green('✓') : red('✗')} ${name}`);
    if (problems !== '') console.log(problems.replace(/^/gm, '    '));
  }
  const failed = results.filter(({ problems }) => problems !== '').length;
  return { passed: results.length - failed, failed };
}

/** One run of ESLint, told apart into what is lint and what breaks the layering rule. */
async function lint(root) {
  const run = await tool(root, 'eslint/bin/eslint.js', ['.', '--format', 'json']);
  let files;
  try {
    files = JSON.parse(run.stdout);
  } catch {
    return [{ name: 'lint', problems: run.stderr || run.stdout }];
  }
  const messages = files.flatMap(({ filePath, messages }) =>
    messages.map(({ ruleId, line, column, message }) => ({
      ruleId,
      text: `${filePath.replace(root, '')}:${line}:${column} ${message} (${ruleId})`,
    })),
  );
  const texts = (wanted) =>
    messages
      .filter(({ ruleId }) => wanted(ruleId))
      .map(({ text }) => text)
      .join('\n');
  return [
    { name: 'lint', problems: texts((rule) => rule !== layeringRule) },
    { name: 'layering', problems: texts((rule) => rule === layeringRule) },
  ];
}

async function format(root) {
  const run = await tool(root, 'prettier/bin/prettier.cjs', ['--list-different', '.']);
  const problems =
    run.status === 0
      ? ''
      : `${run.stdout}${run.stderr}\`npm run format\` mends what Prettier lists`.trim();
  return { name: 'format', problems };
}

async function types(root) {
  const run = await tool(root, 'typescript/bin/tsc', ['-p', 'tsconfig.json']);
  return { name: 'types', problems: run.status === 0 ? '' : (run.stdout + run.stderr).trim() };
}

/** Whether all that is exported is described, and names nothing that is not: typedoc.json. */
async function reference(root) {
  const run = await tool(root, 'typedoc/bin/typedoc', ['--emit', 'none']);
  return { name: 'reference', problems: run.status === 0 ? '' : (run.stdout + run.stderr).trim() };
}

function tool(root, path, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [`node_modules/${path}`, ...args], { cwd: root });
    const run = { status: 1, stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (text) => (run.stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text) => (run.stderr += text));
    child.on('error', reject);
    child.on('close', (status) => resolve({ ...run, status }));
  });
}
