// SPDX-License-Identifier: GPL-2.0-only

/**
 * The same calls on the machine's own Linux: compiles and runs bench/native/posix.c, which makes a network
 * namespace for itself. Needs root and a C compiler; where they cannot be had, the reason is the result.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { better } from './best.js';
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

/** Times are best when they are short, the rate of connections when it is high. */
export function betterNative(before: NativeFigures, now: NativeFigures): NativeFigures {
  if (now.reason !== undefined) return before;
  if (before.reason !== undefined) return now;
  const connections = Math.max(before.figures['connections']!, now.figures['connections']!);
  return { figures: { ...better(before.figures, now.figures, Math.min), connections } };
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
