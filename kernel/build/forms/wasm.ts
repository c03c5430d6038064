// SPDX-License-Identifier: GPL-2.0-only

/** The WebAssembly form: one module that imports its memory and the host interface, and nothing unresolved. */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LibosError } from '../../../src/errors.js';
import { exports, imports } from '../../abi/host-interface.js';
import { withoutFunctionTable } from '../dispatchers.js';
import { namesPath } from '../kernel-file.js';
import { withoutLinking } from '../function-pointers.js';
import { linkError } from '../link-order.js';
import { manifestSection } from '../manifest.js';
import { runTool } from '../tool.js';
import { llvm } from '../toolchain.js';
import {
  readInterface,
  readModule,
  withCustomSection,
  nameSection,
  withoutDebugging,
  writeModule,
} from '../wasm-module.js';
import type { Interface, Section } from '../wasm-module.js';
import type { Form, LinkOptions, Linked } from './form.js';

const linker = llvm('wasm-ld');

const linkOptions: readonly string[] = [
  '--no-entry',
  '--import-memory',
  '--export=__stack_pointer',
  // An overflow of the stack runs below address 0 and traps, instead of writing into data.
  '--stack-first',
  '-z',
  'stack-size=131072',
  // RCU takes a callback below it for an offset to kfree().
  '--table-base=4096',
  '--error-limit=0',
  // A call that does not match its function's signature is only a warning, and traps when it happens.
  '--fatal-warnings',
  '-O2',
  // Says where function pointers are: dispatchers.ts gives them new values.
  '--emit-relocs',
];

export const wasmForm: Form = {
  name: 'wasm32',
  fragment: 'wasm.config',
  kernelFile: 'kernel.wasm',
  debugFile: 'kernel.debug.wasm',
  tools: [linker],
  makeVariables: [
    'CLANG_TARGET_FLAGS=wasm32-unknown-unknown',
    // mk_elfconfig looks at an object of the target and knows ELF only; this is its answer.
    'cmd_elfconfig=printf "\\043define KERNEL_ELFCLASS ELFCLASS32\\n" > $@',
  ],
  linkOptions,
  link,
};

async function link({ objects, paths, scratch }: LinkOptions): Promise<Linked> {
  const response = join(scratch, 'objects.txt');
  const output = join(scratch, 'vmlinux.wasm');
  writeFileSync(response, paths.map((path) => `${path}\n`).join(''));
  const args = [...linkOptions, '-o', output, `@${response}`];
  const library = ['--start-lib', 'lib/lib.a', '--end-lib'];
  const result = await runTool(linker, [...args, ...library], { cwd: objects });
  if (result.code !== 0) throw linkError(linker, result.stderr);
  const file = 'the linked kernel';
  const full = withoutLinking(withoutFunctionTable(readModule(readFileSync(output), file), file));
  const code = withoutDebugging(full);
  const stripped = code.filter(({ name }) => name !== nameSection);
  const found = readInterface(stripped, file);
  checkInterface(found);
  const names = code.filter(({ name }) => name === nameSection);
  const { memoryInitialPages } = found;
  return {
    contentHash: createHash('sha256').update(writeModule(stripped)).digest('hex'),
    manifest: memoryInitialPages === undefined ? {} : { memoryInitialPages },
    write(folder, manifest) {
      const payload = new TextEncoder().encode(manifest);
      const write = (name: string, sections: readonly Section[]): void => {
        const module = withCustomSection(sections, manifestSection, payload);
        writeFileSync(join(folder, name), writeModule(module));
      };
      write(wasmForm.kernelFile, stripped);
      write(wasmForm.debugFile, full);
      writeFileSync(namesPath(join(folder, wasmForm.kernelFile)), writeModule(names));
    },
  };
}

/** Holds the module to the host interface: no import that no host gives, no export missing that hosts call. */
function checkInterface(found: Interface): void {
  const given = new Set([...imports.map(({ name }) => `libos.${name}`), 'env.memory']);
  const called = [...exports.map(({ name }) => `lib_${name}`), '__stack_pointer'];
  const unknown = found.imports.filter((name) => !given.has(name));
  const missing = called.filter((name) => !found.exports.includes(name));
  if (unknown.length === 0 && missing.length === 0) return;
  const parts = [
    ...(unknown.length > 0 ? [`imports ${unknown.join(', ')}, which no host gives`] : []),
    ...(missing.length > 0 ? [`does not export ${missing.join(', ')}`] : []),
  ];
  throw new LibosError(
    'ERR_LIBOS_KERNEL_LINK',
    `the linked kernel is not of the host interface in kernel/abi: it ${parts.join(', and ')}`,
    { hint: 'kernel/abi/host-interface.ts and kernel/arch/lib must say the same' },
  );
}
