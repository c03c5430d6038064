// SPDX-License-Identifier: GPL-2.0-only

/**
 * The same workloads in ns-3, Debian's: small programs of bench/dce/ns3, compiled once for each content and kept
 * in libos's cache, outside the checkout.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { cacheRoot } from '../../kernel/build/cache.js';
import { LibosError } from '../../src/errors.js';
import { packageRoot } from '../../src/package-root.js';
import type { RunFigures, Workload } from './workloads.js';

const sources = join(packageRoot, 'bench/dce/ns3');
const compiler = 'g++';
const flags = ['-O2', '-std=c++17'];
const libraries = [
  'core',
  'network',
  'internet',
  'point-to-point',
  'applications',
  'traffic-control',
].map((name) => `-lns3-${name}`);

/** The compiled program of a workload. */
export function ns3Program(name: Workload['name']): string {
  const source = join(sources, `${name}.cc`);
  const hash = createHash('sha256');
  for (const part of [compilerVersion(), ...flags, ...libraries]) hash.update(`${part}\n`);
  for (const file of [source, join(sources, 'measure.h')]) hash.update(readFileSync(file));
  const folder = join(cacheRoot(), 'bench');
  const program = join(folder, `ns3-${name}-${hash.digest('hex').slice(0, 16)}`);
  if (existsSync(program)) return program;
  mkdirSync(folder, { recursive: true });
  const unfinished = `${program}.${process.pid}`;
  execFileSync(compiler, [...flags, source, '-o', unfinished, ...libraries], { stdio: 'pipe' });
  renameSync(unfinished, program);
  return program;
}

/** Numbers of the workload become the program's options. */
export function ns3Arguments({ name: _, ...settings }: Workload): string[] {
  return Object.entries(settings as Record<string, number>).map(
    ([name, value]) => `--${name}=${value}`,
  );
}

export function runNs3(command: readonly string[]): RunFigures {
  const [program, ...args] = command;
  return JSON.parse(execFileSync(program!, args, { encoding: 'utf8' })) as RunFigures;
}

function compilerVersion(): string {
  try {
    return execFileSync(compiler, ['--version'], { encoding: 'utf8' });
  } catch (cause) {
    throw new LibosError('ERR_LIBOS_BENCH', `there is no ${compiler} to compile ns-3 programs`, {
      hint: 'npm run bench installs what it needs where it runs as root',
      cause,
    });
  }
}
