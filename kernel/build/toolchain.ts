// SPDX-License-Identifier: GPL-2.0-only

/** The compiler that kernels are built with, and which version of it is there. */
import { LibosError } from '../../src/errors.js';
import { runToolOrThrow } from './tool.js';

/** Debian's names end so: `clang-22`, `wasm-ld-22`; Kbuild's `LLVM=` takes it. */
export const llvmSuffix = '-22';

export function llvm(tool: string): string {
  return `${tool}${llvmSuffix}`;
}

/** What every build runs, whatever its form. */
export const commonTools: readonly string[] = [
  ...['clang', 'llvm-ar', 'llvm-nm', 'llvm-objcopy', 'ld.lld'].map(llvm),
  ...['make', 'gcc', 'flex', 'bison', 'bc', 'perl', 'tar', 'xz'],
];

/** The compiler's own words for its version, without the folder that it lies in. */
export async function compilerVersion(): Promise<string> {
  const { stdout } = await runToolOrThrow(llvm('clang'), ['--version']);
  const version = stdout.split('\n')[0]?.trim();
  if (!version) {
    throw new LibosError('ERR_LIBOS_TOOL_FAILED', `${llvm('clang')} --version says nothing`);
  }
  return version;
}
