// SPDX-License-Identifier: GPL-2.0-only

/**
 * `libos run`: a program on a host of the library. The installed command does this in C (native/launcher); here it
 * is for who calls the package's own, which hands over to the same launcher.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import process from 'node:process';
import { Command } from 'commander';
import { ownPrefix } from '../native/prefix.js';
import { ExitCode } from './exit-code.js';
import { lazyStep } from './terminal.js';

export function runCommand(): Command {
  return new Command('run')
    .description("run an unmodified program on the library's network stack")
    .usage('[options] -- <command> [arguments]')
    .option('--host <name>', 'host to run it on (default: LIBOS_HOST, or "default")')
    .argument('<command...>', 'the program and its arguments')
    .passThroughOptions()
    .action(run);
}

async function run(
  command: readonly string[],
  { host }: { readonly host?: string },
): Promise<void> {
  const step = lazyStep('native parts');
  const { launcher } = ownPrefix({
    onBuild: (what) => step.onProgress({ phase: what, done: 0, total: 1 }),
  });
  const on = host === undefined ? [] : ['--host', host];
  const child = spawn(launcher, ['run', ...on, '--', ...command], { stdio: 'inherit' });
  // A terminal sends its signals to both.
  const ignore = (): void => undefined;
  const pass = (signal: NodeJS.Signals): void => void child.kill(signal);
  process.on('SIGINT', ignore).on('SIGQUIT', ignore).on('SIGTERM', pass).on('SIGHUP', pass);
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  if (code !== 0) throw new ExitCode(code ?? 128 + constants.signals[signal!]);
}
