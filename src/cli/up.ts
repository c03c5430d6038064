// SPDX-License-Identifier: GPL-2.0-only

/** `libos up`: starts the broker of a host, which stays until `libos down`. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { Command } from 'commander';
import { brokerCommand, ownPrefix } from '../native/prefix.js';
import { hostStatus, keepUp } from '../nuse/broker/client.js';
import { LibosError } from '../errors.js';
import { ExitCode } from './exit-code.js';

interface Options {
  readonly foreground?: true;
  readonly nic: readonly string[];
  readonly sysctl: readonly string[];
}

const collect = (value: string, values: readonly string[]): string[] => [...values, value];

export function upCommand(): Command {
  return new Command('up')
    .description("bring a host of the library up for this machine's programs")
    .argument('[host]', "the host's name", process.env['LIBOS_HOST'] ?? 'default')
    .option('--foreground', 'stay in this terminal, with the log on it')
    .option('--nic <url>', "NIC instead of the configuration's; may be given again", collect, [])
    .option('--sysctl <name=value>', 'setting on top; may be given again', collect, [])
    .action(run);
}

async function run(host: string, { foreground, nic, sysctl }: Options): Promise<void> {
  const options = [
    ...nic.flatMap((url) => ['--nic', url]),
    ...sysctl.flatMap((setting) => ['--sysctl', setting]),
  ];
  if (await hostStatus(host)) {
    if (foreground || options.length > 0) {
      throw new LibosError('ERR_LIBOS_HOST_UP', `host '${host}' is up already`, {
        hint: `\`libos down ${host}\` first`,
      });
    }
    await keepUp(host);
    process.stdout.write(`host '${host}' is up already\n`);
    return;
  }
  if (foreground) {
    await serveHere(host, options);
    return;
  }
  const { status } = spawnSync(ownPrefix().launcher, ['start', ...options], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, LIBOS_HOST: host },
  });
  // The launcher has said what is wrong.
  if (status !== 0) throw new ExitCode(1);
  process.stdout.write(`host '${host}' is up\n`);
}

/** In a process of its own all the same: what ends this one ends the other as it should. */
async function serveHere(host: string, options: readonly string[]): Promise<void> {
  const [node, ...script] = brokerCommand(ownPrefix().launcher);
  const child = spawn(node!, [...script, host, '--foreground', ...options], { stdio: 'inherit' });
  const pass = (signal: NodeJS.Signals): void => void child.kill(signal);
  process.on('SIGTERM', pass).on('SIGINT', () => undefined);
  const [code] = (await once(child, 'exit')) as [number | null];
  process.off('SIGTERM', pass);
  if (code !== 0) throw new ExitCode(code ?? 1);
}
