// SPDX-License-Identifier: GPL-2.0-only

/**
 * The command line of `libos`: puts the subcommands together, one file each, and turns what they throw into one
 * clear error and an exit code. Called by main.ts and by tests; never touches `process` itself.
 */
import { Command, CommanderError } from 'commander';
import { packageVersion } from '../package-root.js';
import { demoCommand } from './demo.js';
import { downCommand } from './down.js';
import { ExitCode } from './exit-code.js';
import { installCommand, uninstallCommand } from './install.js';
import { kernelCommand } from './kernel.js';
import { runCommand } from './run.js';
import { simCommand } from './sim.js';
import { statusCommand } from './status.js';
import { reportError } from './terminal.js';
import { upCommand } from './up.js';

const commands: readonly (() => Command)[] = [
  demoCommand,
  kernelCommand,
  simCommand,
  runCommand,
  upCommand,
  statusCommand,
  downCommand,
  installCommand,
  uninstallCommand,
];

function createProgram(): Command {
  const program = new Command('libos')
    .description("The Linux kernel's network stack as a library")
    .version(packageVersion, '-v, --version')
    // What follows the command of `run` is that command's.
    .enablePositionalOptions()
    .showHelpAfterError('(`libos --help` lists the commands)')
    .showSuggestionAfterError();
  for (const command of commands) program.addCommand(command());
  for (const command of withSubcommands(program)) command.exitOverride();
  return program;
}

function withSubcommands(command: Command): Command[] {
  return [command, ...command.commands.flatMap(withSubcommands)];
}

/** Runs one command line; the exit code is 1 for an error and 2 for a command line that makes no sense. */
export async function runCommandLine(args: readonly string[]): Promise<number> {
  try {
    await createProgram().parseAsync(args, { from: 'user' });
    return 0;
  } catch (error) {
    // Commander has printed its own message; asking for help or the version ends here too, with 0.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (error instanceof ExitCode) return error.code;
    reportError(error);
    return 1;
  }
}
