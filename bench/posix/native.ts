// SPDX-License-Identifier: GPL-2.0-only

/**
 * The same calls on the machine's own Linux: compiles and runs bench/native/posix.c, which makes a network
 * namespace for itself. Needs root and a C compiler; where they cannot be had, the reason is the result.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../../src/package-root.js';

export interface NativeFigures {
  readonly figures: Readonly<Record<string, number>>;
  readonly reason?: string;
}

export function measureNative(core: string): NativeFigures {
  const folder = mkdtempSync(join(tmpdir(), 'libos-bench-'));
  try {
    const program = join(folder, 'posix');
    run('gcc', ['-O2', '-o', program, join(packageRoot, 'bench/native/posix.c')]);
    const lines = run('taskset', ['-c', core, program]).trim().split('\n');
    return { figures: Object.fromEntries(lines.map((line) => pair(line.split(' ')))) };
  } catch (error) {
    return { figures: {}, reason: error instanceof Error ? error.message : String(error) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function pair([name, value]: string[]): [string, number] {
  return [name!, Number(value)];
}

function run(command: string, args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    encoding: 'utf8',
    timeout: 120_000,
  });
  if (error) throw error;
  if (status !== 0) throw new Error(`${command}: ${stderr.trim()}`);
  return stdout;
}
