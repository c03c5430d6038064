// SPDX-License-Identifier: GPL-2.0-only

// The TypeScript build: src/, kernel/, bench/ and examples/ into dist/, skipped when no input changed.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { Step } from '../../src/cli/terminal.js';
import { SetupError } from './script.mjs';

const sourceFolders = ['src', 'kernel', 'bench', 'examples'];
const configFiles = ['package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json'];

export async function ensureTypeScriptBuild(root) {
  const sources = sourceFolders
    .flatMap((folder) => filesBelow(join(root, folder)))
    .filter((file) => /\.[jt]s$/.test(file) && !file.endsWith('.test.ts'))
    .map((file) => relative(root, file));
  const hash = createHash('sha256');
  for (const file of [...configFiles, ...sources]) {
    hash.update(`${file}\0`).update(readFileSync(join(root, file)));
  }
  const key = hash.digest('hex');
  const stamp = join(root, 'dist', '.inputs');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === key) return;
  // Not above: before set-up there is no esbuild.
  const { bundleBroker } = await import('./bundle.mjs');

  const step = new Step('TypeScript build');
  removeOrphans(root, sources);
  // Without this record tsc would not write again a file that somebody deleted from dist/.
  rmSync(join(root, 'dist', '.tsbuildinfo'), { force: true });
  const tsc = spawnSync(
    process.execPath,
    [join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json'],
    { cwd: root, encoding: 'utf8' },
  );
  if (tsc.status !== 0) {
    throw new SetupError(
      `the TypeScript build failed:\n${(tsc.stdout + tsc.stderr).trim()}`,
      'mend the errors above; `npm run typecheck` shows them alone',
    );
  }
  await bundleBroker(root);
  writeFileSync(stamp, key);
  step.done(`${sources.length} files`);
}

/** Removes what an earlier build wrote for a source file that is gone, so that nobody can import it. */
function removeOrphans(root, sources) {
  const known = new Set(sources.map((file) => file.replace(/\.[jt]s$/, '')));
  const dist = join(root, 'dist');
  for (const file of filesBelow(dist)) {
    const stem = relative(dist, file).replace(/(\.d\.ts|\.js|\.js\.map)$/, '');
    if (!stem.startsWith('.') && !known.has(stem)) rmSync(file);
  }
}

function filesBelow(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort();
}
