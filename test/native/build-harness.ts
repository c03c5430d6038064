// SPDX-License-Identifier: GPL-2.0-only

/** Links the harness (harness.c, host.c) with the native form of profile `sim`, as any program would. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { nativeForm } from '../../kernel/build/forms/native.js';
import { profileKernel } from '../../kernel/build/locate.js';
import { packageRoot } from '../../src/package-root.js';

export interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export function run(command: string, args: readonly string[]): Run {
  const { status, error, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  if (error) throw error;
  return { code: status, stdout, stderr };
}

/** The kernel's object with debugging information; `$LIBOS_TEST_NATIVE` is another one. */
function kernelObject(): string {
  const chosen = process.env['LIBOS_TEST_NATIVE'];
  if (chosen !== undefined) return chosen;
  const { wasmPath } = profileKernel('sim', nativeForm);
  return join(dirname(wasmPath), nativeForm.debugFile);
}

/** Compiles the harness into a folder of its own and returns its path. */
export function buildHarness(): string {
  const object = kernelObject();
  if (!existsSync(object)) throw new Error(`there is no ${object}: npm run setup builds it`);
  const harness = join(mkdtempSync(join(tmpdir(), 'libos-native-')), 'harness');
  const sources = ['harness.c', 'host.c'].map((name) => join(packageRoot, 'test/native', name));
  const { code, stderr } = run('gcc', [
    ...['-std=gnu11', '-D_GNU_SOURCE', '-O1', '-g', '-Wall', '-Wextra', '-Werror'],
    ...['-iquote', join(packageRoot, 'kernel/arch/lib/include/asm')],
    ...['-o', harness, ...sources, object],
  ]);
  if (code !== 0) throw new Error(`gcc cannot build the harness:\n${stderr}`);
  return harness;
}
