// SPDX-License-Identifier: GPL-2.0-only

/** What calls cost that are not about sockets: bench/native/calls.c, on each side. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { packageRoot } from '../../src/package-root.js';
import type { Side } from './side.js';

export type CallsNs = Readonly<Record<string, number>>;

/** Compiles the program into the side's folder. */
export function compileCalls(side: Side): string {
  const program = join(side.world.folder, 'calls');
  const source = join(packageRoot, 'bench/native/calls.c');
  const { status, stderr, error } = spawnSync('gcc', ['-O2', '-o', program, source], {
    encoding: 'utf8',
  });
  if (error) throw error;
  if (status !== 0) throw new Error(`gcc: ${stderr}`);
  return program;
}

export async function measureCalls(side: Side, program: string): Promise<CallsNs> {
  const out = await side.check([program]);
  return Object.fromEntries(
    out
      .trim()
      .split('\n')
      .map((line) => line.split(' '))
      .map(([name, ns]) => [name!, Number(ns)]),
  );
}
