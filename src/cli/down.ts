// SPDX-License-Identifier: GPL-2.0-only

/** `libos down`: ends the broker of a host, or of all. Programs on it see a network that is down. */
import process from 'node:process';
import { Command } from 'commander';
import { takeDown } from '../nuse/broker/client.js';
import { hostNames } from '../nuse/broker/runtime.js';

export function downCommand(): Command {
  return new Command('down')
    .description('take a host down')
    .argument('[host]', "the host's name", process.env['LIBOS_HOST'] ?? 'default')
    .option('--all', 'all hosts')
    .action(run);
}

async function run(host: string, { all }: { readonly all?: true }): Promise<void> {
  for (const name of all ? hostNames() : [host]) {
    const wasUp = await takeDown(name);
    if (wasUp) process.stdout.write(`host '${name}' is down\n`);
    else if (!all) process.stdout.write(`host '${name}' is not up\n`);
  }
}
