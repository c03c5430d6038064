// SPDX-License-Identifier: GPL-2.0-only

/** `libos kernel path`: where a kernel lies, for other programs. */
import process from 'node:process';
import { Command } from 'commander';
import { findKernel } from '../../kernel/build/index.js';

export function kernelPathCommand(): Command {
  return new Command('path')
    .description('print the file of a kernel')
    .argument('<name>', 'name, profile, key or the beginning of a key')
    .action(async (name: string) => {
      const { wasmPath } = await findKernel(name);
      process.stdout.write(`${wasmPath}\n`);
    });
}
