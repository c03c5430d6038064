// SPDX-License-Identifier: GPL-2.0-only

/**
 * Runs the programs that a build needs (make, tar, the compiler's tools), with an environment of our own so that
 * nothing in the caller's changes a result, and names the Debian package of one that is missing.
 */
import { spawn } from 'node:child_process';
import { accessSync, constants, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { LibosError } from '../../src/errors.js';
import { packageRoot } from '../../src/package-root.js';
import { isErrno } from './cache.js';

export interface ToolResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ToolOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Hears every line of both outputs as it comes. */
  readonly onLine?: (line: string) => void;
}

/** The variables that make, Kbuild and the compiler may see; MAKEFLAGS, KBUILD_*, CPATH and so on stay out. */
function cleanEnvironment(): Record<string, string> {
  const kept = ['PATH', 'HOME', 'TMPDIR'];
  const own = kept.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...Object.fromEntries(own), LC_ALL: 'C' };
}

/**
 * Runs a program to its end and returns what it said; a code other than 0 is the caller's to judge. The program
 * ends when this process does, even by SIGKILL (`setpriv` sees to that where there is one).
 */
export function runTool(
  tool: string,
  args: readonly string[],
  { cwd, env, onLine }: ToolOptions = {},
): Promise<ToolResult> {
  const path = findTool(tool);
  if (path === undefined) return Promise.reject(missingTools([tool]));
  const guard = findTool('setpriv');
  const command = guard === undefined ? [path] : [guard, '--pdeathsig', 'TERM', '--', path];
  return new Promise((resolve, reject) => {
    const child = spawn(command[0]!, [...command.slice(1), ...args], {
      ...(cwd === undefined ? {} : { cwd }),
      env: { ...cleanEnvironment(), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    if (onLine) {
      createInterface({ input: child.stdout }).on('line', onLine);
      createInterface({ input: child.stderr }).on('line', onLine);
    }
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (signal === null) resolve({ code: code ?? 0, stdout, stderr });
      else reject(interrupted(tool, signal));
    });
  });
}

/** Like runTool, for a program whose failure nobody expects. */
export async function runToolOrThrow(
  tool: string,
  args: readonly string[],
  options: ToolOptions = {},
): Promise<ToolResult> {
  const result = await runTool(tool, args, options);
  if (result.code === 0) return result;
  const said = `${result.stderr}${result.stdout}`.trim().split('\n').slice(0, 20).join('\n');
  throw new LibosError(
    'ERR_LIBOS_TOOL_FAILED',
    `${tool} failed (exit code ${result.code}): ${said}`,
  );
}

function interrupted(tool: string, signal: string): LibosError {
  return new LibosError('ERR_LIBOS_INTERRUPTED', `${tool} was ended by ${signal}`, {
    hint: 'run the same command again: what was compiled is kept',
  });
}

/** Throws one error that names every tool of the list that is not there, and the Debian packages to install. */
export function requireTools(tools: readonly string[], packages?: readonly string[]): void {
  const missing = tools.filter((tool) => findTool(tool) === undefined);
  if (missing.length > 0) throw missingTools(missing, packages);
}

function missingTools(tools: readonly string[], packages?: readonly string[]): LibosError {
  const install = `apt-get install --no-install-recommends ${(packages ?? buildPackages()).join(' ')}`;
  return new LibosError('ERR_LIBOS_TOOL_MISSING', `not installed: ${tools.join(', ')}`, {
    hint: packages ? install : `a kernel is built with these Debian packages:\n  ${install}`,
  });
}

/** The Debian packages that a kernel build needs, from the list that set-up installs. */
export function buildPackages(): string[] {
  const text = readFileSync(join(packageRoot, 'scripts/debian-packages.json'), 'utf8');
  const list = JSON.parse(text) as { packages: { name: string; group: string }[] };
  return list.packages.filter(({ group }) => group === 'kernel').map(({ name }) => name);
}

function findTool(tool: string): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => join(folder, tool)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch (error) {
    if (['ENOENT', 'EACCES', 'ENOTDIR'].some((code) => isErrno(error, code))) return false;
    throw error;
  }
}
