// SPDX-License-Identifier: GPL-2.0-only

// npm packages: `npm ci` when node_modules is not what package-lock.json says.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Step } from '../../src/cli/terminal.js';
import { SetupError } from './script.mjs';

export function ensureNpmPackages(root) {
  if (matchesLock(root)) return;
  const step = new Step('npm packages');
  const npm = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--no-progress'], {
    cwd: root,
    encoding: 'utf8',
    // npm is nearly always the parent, and what it told this script (a filter, `--json`) is not for this one.
    env: Object.fromEntries(
      Object.entries(process.env).filter(([key]) => key !== 'npm_config_json'),
    ),
  });
  if (npm.error || npm.status !== 0) {
    throw new SetupError(
      `npm ci failed:\n${(npm.error?.message ?? npm.stderr).trim()}`,
      'check the network and `npm config get registry`, then run the same command again',
    );
  }
  step.done('as package-lock.json says');
}

/** Whether npm's own record of what it installed has every locked package in the locked version. */
function matchesLock(root) {
  const record = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(record)) return false;
  const locked = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  const installed = JSON.parse(readFileSync(record, 'utf8')).packages;
  return Object.entries(locked).every(
    ([path, entry]) =>
      path === '' ||
      installed[path]?.version === entry.version ||
      // Builds for other platforms are locked, and rightly absent.
      (entry.optional === true && installed[path] === undefined),
  );
}
