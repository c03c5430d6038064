// SPDX-License-Identifier: GPL-2.0-only

/** `libos kernel remove`: takes a name away, and the kernel with it when nothing else is called by it. */
import process from 'node:process';
import { Command } from 'commander';
import { removeKernel } from '../../kernel/build/index.js';

export function kernelRemoveCommand(): Command {
  return new Command('remove')
    .description('remove a kernel from the cache')
    .argument('<name>', 'name, key or the beginning of a key')
    .action((name: string) => {
      const { key, kept } = removeKernel(name);
      const what = kept
        ? `'${name}' is no name any more; kernel ${key.slice(0, 12)} stays under another`
        : `kernel ${key.slice(0, 12)} is removed`;
      process.stdout.write(`${what}\n`);
    });
}
