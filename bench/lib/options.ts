// SPDX-License-Identifier: GPL-2.0-only

/** The options of a benchmark's command line. One that it does not know ends the process, with those that it does. */
import process from 'node:process';
import { parseArgs, type ParseArgsConfig } from 'node:util';
import { reportError } from '../../src/cli/terminal.js';
import { LibosError } from '../../src/errors.js';

type Options = NonNullable<ParseArgsConfig['options']>;

export function readOptions<const T extends Options>(
  options: T,
): ReturnType<typeof parseArgs<{ options: T }>>['values'] {
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    const known = Object.entries(options).map(([name, { type }]) =>
      type === 'boolean' ? `--${name}` : `--${name} VALUE`,
    );
    const message = (error as Error).message.split(/\. /)[0]!;
    reportError(
      new LibosError('ERR_LIBOS_OPTION', message, { hint: `options: ${known.join(', ')}` }),
    );
    process.exit(2);
  }
}
