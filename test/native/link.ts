// SPDX-License-Identifier: GPL-2.0-only

/** Links C programs with the native form of profile `sim`, as anybody would. */
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
export function kernelObject(): string {
  const chosen = process.env['LIBOS_TEST_NATIVE'];
  if (chosen !== undefined) return chosen;
  const { wasmPath } = profileKernel('sim', nativeForm);
  return join(dirname(wasmPath), nativeForm.debugFile);
}

/** Links C files of this folder with the kernel's object, and returns the result's path in a new folder. */
export function linkWithKernel(
  output: string,
  sources: readonly string[],
  options: readonly string[] = [],
): string {
  const object = kernelObject();
  if (!existsSync(object)) throw new Error(`there is no ${object}: npm run setup builds it`);
  const path = join(mkdtempSync(join(tmpdir(), 'libos-native-')), output);
  const { code, stderr } = run('gcc', [
    ...['-std=gnu11', '-D_GNU_SOURCE', '-O1', '-g', '-Wall', '-Wextra', '-Werror', ...options],
    ...['-iquote', join(packageRoot, 'kernel/arch/lib/include/asm')],
    ...['-o', path],
    ...sources.map((name) => join(packageRoot, 'test/native', name)),
    object,
  ]);
  if (code !== 0) throw new Error(`gcc cannot link ${output} with the kernel:\n${stderr}`);
  return path;
}
