// SPDX-License-Identifier: GPL-2.0-only

/**
 * The native form: one x86-64 object to link into a program, in which every symbol but the host interface is
 * local, so that the kernel's `printf`-like names meet nobody else's.
 */
import { createHash } from 'node:crypto';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { exports, imports } from '../../abi/host-interface.js';
import { LibosError } from '../../../src/errors.js';
import { linkError } from '../link-order.js';
import { runTool, runToolOrThrow } from '../tool.js';
import { llvm } from '../toolchain.js';
import type { Form, LinkOptions, Linked } from './form.js';

const linker = llvm('ld.lld');
/** What its objects were made with, and what the run-time of coverage comes with. */
export const compiler = llvm('clang');
const linkOptions: readonly string[] = [
  '-m',
  'elf_x86_64',
  '-r',
  '--error-limit=0',
  // The bounds of the tables that Linux walks. The link runs in the object folder, which lies in the overlay.
  '--script=../arch/lib/native/object.lds',
];

export const nativeForm: Form = {
  name: 'x86_64',
  fragment: 'native.config',
  kernelFile: 'kernel.o',
  debugFile: 'kernel.debug.o',
  tools: [linker, llvm('llvm-strip')],
  makeVariables: ['CLANG_TARGET_FLAGS=x86_64-linux-gnu'],
  linkOptions,
  link,
};

async function link({ objects, paths, scratch }: LinkOptions): Promise<Linked> {
  const response = join(scratch, 'objects.txt');
  const joined = join(scratch, 'joined.o');
  const full = join(scratch, nativeForm.debugFile);
  const stripped = join(scratch, nativeForm.kernelFile);
  writeFileSync(response, paths.map((path) => `${path}\n`).join(''));
  const args = [...linkOptions, '-o', joined, `@${response}`];
  const library = ['--start-lib', 'lib/lib.a', '--end-lib'];
  const result = await runTool(linker, [...args, ...library], { cwd: objects });
  if (result.code !== 0) throw linkError(linker, result.stderr);
  await checkUndefined(joined);
  const global = exports.map(({ name }) => `--keep-global-symbol=lib_${name}`);
  await runToolOrThrow(llvm('llvm-objcopy'), [...global, joined, full]);
  await runToolOrThrow(llvm('llvm-strip'), ['--strip-debug', '-o', stripped, full]);
  return {
    contentHash: createHash('sha256').update(readFileSync(stripped)).digest('hex'),
    manifest: {},
    write(folder) {
      copyFileSync(stripped, join(folder, nativeForm.kernelFile));
      copyFileSync(full, join(folder, nativeForm.debugFile));
    },
  };
}

/**
 * Joining resolves what it can and keeps quiet about the rest. Left may be the host's functions and nothing else:
 * bounds of a section that the script does not give are missing, whatever a program's linker would make of them.
 * With coverage the program brings its run-time too.
 */
async function checkUndefined(object: string): Promise<void> {
  const { stdout } = await runToolOrThrow(llvm('llvm-nm'), [
    '--undefined-only',
    '--just-symbol-name',
    object,
  ]);
  const given = new Set(imports.map(({ name }) => `host_${name}`));
  const missing = stdout
    .split('\n')
    .filter((name) => name !== '' && !given.has(name) && !/^llvm_gc(ov|da)_/.test(name));
  if (missing.length === 0) return;
  throw new LibosError(
    'ERR_LIBOS_KERNEL_LINK',
    `${missing.length} symbols that the kernel uses are nowhere defined:\n  ${missing.join('\n  ')}`,
    { hint: 'define them in kernel/arch/lib, those that must never be called in kernel/stubs.c' },
  );
}
