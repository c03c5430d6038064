// SPDX-License-Identifier: GPL-2.0-only

/** Commands of the machine's own Linux, and the program that measures datagrams with it. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { packageRoot } from '../../src/package-root.js';

const timeoutMs = 30_000;

/** What a command prints. @throws Error with the first of what it complains about. */
export function run(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    encoding: 'utf8',
    timeout: timeoutMs,
    env: { ...process.env, ...env },
  });
  if (error) throw error;
  if (status !== 0) throw new Error((stderr || stdout).trim().split('\n').slice(0, 3).join('; '));
  return stdout;
}

/** `use` gets the path of bench/native/udp.c, compiled. */
export function withDatagramProgram<T>(use: (program: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'libos-bench-'));
  try {
    const program = join(folder, 'udp');
    run('gcc', ['-O2', '-o', program, join(packageRoot, 'bench/native/udp.c')]);
    return use(program);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
