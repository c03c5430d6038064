// SPDX-License-Identifier: GPL-2.0-only

/**
 * What runs as a host's broker:
 * `main.js --launcher=PATH HOST [--on-demand] [--foreground] [--nic URL]… [--sysctl NAME=VALUE]…`.
 * Unless it runs in the foreground, descriptor 3 is a pipe that gets one line, "ready" or what went wrong, and
 * standard error is the log.
 */
import { closeSync, writeSync } from 'node:fs';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { LibosError } from '../../errors.js';
import { Reactor } from '../../native/reactor.js';
import { loadHostConfig } from '../config/index.js';
import { Broker } from './broker.js';
import { Guardian } from './guardian.js';
import { LibraryHost } from './library-host.js';
import { hostFile } from './runtime.js';

const readyFd = 3;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    'on-demand': { type: 'boolean', default: false },
    launcher: { type: 'string' },
    foreground: { type: 'boolean', default: false },
    nic: { type: 'string', multiple: true },
    sysctl: { type: 'string', multiple: true },
  },
});
const name = positionals[0] ?? 'default';

function log(line: string): void {
  process.stderr.write(`${new Date().toISOString()} ${line}\n`);
}

/** For whoever waits until the broker is up. */
function tell(line: string): void {
  if (values.foreground) return;
  writeSync(readyFd, `${line}\n`);
  closeSync(readyFd);
}

async function serve(): Promise<Broker> {
  const config = loadHostConfig({
    name,
    ...(values.nic ? { nics: values.nic } : {}),
    ...(values.sysctl ? { sysctls: values.sysctl } : {}),
  });
  if (values.launcher === undefined) throw new Error('broker: --launcher is missing');
  const guardian = Guardian.start(values.launcher);
  const reactor = new Reactor();
  const host = await LibraryHost.open(config, { reactor, log });
  return new Broker({
    name,
    socketPath: hostFile(name, '.sock'),
    reactor,
    host,
    guardian,
    onDemand: values['on-demand'],
    log,
  });
}

function describe(error: unknown): string {
  if (!(error instanceof LibosError)) return String(error instanceof Error ? error.stack : error);
  return error.hint === undefined ? error.message : `${error.message}; ${error.hint}`;
}

try {
  const broker = await serve();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      log(`${signal}: going down`);
      broker.close().catch((error: unknown) => log(describe(error)));
    });
  }
  process.chdir('/');
  log(`host '${name}' is up, process ${process.pid}`);
  tell('ready');
  await broker.ended;
  log(`host '${name}' is down`);
  process.exit(0);
} catch (error) {
  log(describe(error));
  // One line: its first says what is wrong.
  tell(`host '${name}': ${describe(error).replaceAll('\n', '; ')}`);
  process.exit(1);
}
