// SPDX-License-Identifier: GPL-2.0-only

/** `libos kernel list`: what the cache holds, newest first. */
import process from 'node:process';
import { Command } from 'commander';
import { listKernels } from '../../kernel/build/index.js';
import { table } from './terminal.js';

export function kernelListCommand(): Command {
  return new Command('list')
    .description('list the kernels that are built')
    .option('--json', 'print them as JSON')
    .action(run);
}

function run({ json }: { readonly json?: true }): void {
  const kernels = listKernels();
  if (json) {
    process.stdout.write(`${JSON.stringify(kernels)}\n`);
    return;
  }
  if (kernels.length === 0) {
    process.stdout.write('no kernel is built; `libos kernel build` builds one\n');
    return;
  }
  const rows = kernels.map(({ names, key, linuxVersion, profile, form, source, builtAt }) => [
    names.length > 0 ? names.join(', ') : '-',
    key.slice(0, 12),
    linuxVersion,
    profile,
    form,
    builtAt.slice(0, 16).replace('T', ' '),
    source,
  ]);
  const heading = ['NAME', 'KEY', 'LINUX', 'PROFILE', 'FORM', 'BUILT (UTC)', 'SOURCE'];
  process.stdout.write(`${table(heading, rows)}\n`);
}
