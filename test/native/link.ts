// SPDX-License-Identifier: GPL-2.0-only

/** Links C programs with the native form of profile `sim`, as anybody would, and runs them. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { compiler, nativeForm } from '../../kernel/build/forms/native.js';
import { profileKernel } from '../../kernel/build/locate.js';
import { packageRoot } from '../../src/package-root.js';

export interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export function run(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Run {
  const options = { encoding: 'utf8', env: { ...process.env, ...env } } as const;
  const { status, error, stdout, stderr } = spawnSync(command, args, options);
  if (error) throw error;
  return { code: status, stdout, stderr };
}

/** The kernel's object with debugging information; `$LIBOS_TEST_NATIVE` is another one. */
export function kernelObject(): string {
  const chosen = process.env['LIBOS_TEST_NATIVE'];
  if (chosen !== undefined) return chosen;
  return debugObject(profileKernel('sim', nativeForm).wasmPath);
}

/** The object with debugging information beside a kernel.o. */
export function debugObject(kernelPath: string): string {
  return join(dirname(kernelPath), nativeForm.debugFile);
}

/** What a program brings for a kernel that counts its lines. */
export function coverageRuntime(): string {
  const { stdout } = run(compiler, ['--rtlib=compiler-rt', '-print-libgcc-file-name']);
  return join(dirname(stdout.trim()), 'libclang_rt.profile-x86_64.a');
}

/** A folder with programs, which goes away with it. */
export class Programs implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'libos-native-'));

  /**
   * Compiles C files of this folder, and returns the result's path.
   *
   * @param kernel the object to link them with, if any
   */
  link(
    output: string,
    sources: readonly string[],
    kernel?: string,
    options: readonly string[] = [],
  ): string {
    if (kernel !== undefined && !existsSync(kernel)) {
      throw new Error(`there is no ${kernel}: npm run setup builds it`);
    }
    const path = join(this.folder, output);
    const { code, stderr } = run('gcc', [
      ...['-std=gnu11', '-D_GNU_SOURCE', '-O1', '-g', '-Wall', '-Wextra', '-Werror'],
      ...['-iquote', join(packageRoot, 'kernel/arch/lib/include/asm')],
      ...['-o', path],
      ...sources.map((name) => join(packageRoot, 'test/native', name)),
      ...(kernel === undefined ? [] : [kernel]),
      ...options,
    ]);
    if (code !== 0) throw new Error(`gcc cannot link ${output}:\n${stderr}`);
    return path;
  }

  /** The host that harness.c is. */
  harness(kernel = kernelObject(), options: readonly string[] = []): string {
    return this.link('harness', ['harness.c', 'host.c', 'fail.c'], kernel, options);
  }

  /** two-hosts.c and what it is to be called with: the library of a host, and a copy of it for the other. */
  twoHosts(kernel = kernelObject(), options: readonly string[] = []): readonly string[] {
    const sources = ['side.c', 'host.c', 'fail.c'];
    const library = this.link('side.so', sources, kernel, ['-shared', '-fPIC', ...options]);
    const copy = join(this.folder, 'copy.so');
    copyFileSync(library, copy);
    const program = this.link('two-hosts', ['two-hosts.c', 'wire.c', 'rtnetlink.c', 'fail.c']);
    return [program, library, copy];
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
