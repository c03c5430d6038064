// SPDX-License-Identifier: GPL-2.0-only

/** `libos status`: which hosts are up, what they are connected to and who runs on them. */
import process from 'node:process';
import { Command } from 'commander';
import type { BrokerStatus } from '../nuse/broker/broker.js';
import { hostStatus } from '../nuse/broker/client.js';
import { hostFile, hostNames } from '../nuse/broker/runtime.js';
import { ExitCode } from './exit-code.js';
import { duration, table } from './terminal.js';

export function statusCommand(): Command {
  return new Command('status')
    .description('show hosts that are up')
    .argument('[host]', "only this host's; exit code 1 if it is not up")
    .option('--json', 'print it as JSON: a list, or with a host one object or null')
    .action(run);
}

async function run(host: string | undefined, { json }: { readonly json?: true }): Promise<void> {
  const names = host === undefined ? hostNames() : [host];
  const found = await Promise.all(names.map((name) => hostStatus(name)));
  const up = found.filter((status) => status !== undefined);
  if (json) {
    process.stdout.write(`${JSON.stringify(host === undefined ? up : (up[0] ?? null))}\n`);
  } else if (up.length === 0) {
    const what = host === undefined ? 'no host' : `host '${host}'`;
    process.stdout.write(
      `${what} is ${host === undefined ? '' : 'not '}up; \`libos up\` starts one\n`,
    );
  } else {
    process.stdout.write(`${up.map(describe).join('\n')}\n`);
  }
  if (host !== undefined && up.length === 0) throw new ExitCode(1);
}

function describe({ name, pid, uptimeMs, programs, host }: BrokerStatus): string {
  const lines = [`${name}: up for ${duration(uptimeMs / 1000)}, process ${pid}`];
  lines.push(`  log ${hostFile(name, '.log')}`);
  for (const line of facts(host)) lines.push(`  ${line}`);
  if (programs.length > 0) {
    const rows = programs.map((program) => [
      `  ${program.name}`,
      String(program.pid),
      String(program.calls),
      String(program.waiting),
    ]);
    lines.push(table(['  PROGRAM', 'PROCESS', 'CALLS', 'WAITING'], rows));
  }
  return lines.join('\n');
}

/** One line a property of what the host says of itself. */
function facts(host: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(host).flatMap(([key, value]) => {
    if (!Array.isArray(value)) return [`${key} ${show(value)}`];
    return value.map((each) => `${key.replace(/s$/, '')} ${show(each)}`);
  });
}

function show(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  return Object.entries(value)
    .map(([key, each]) => (key === 'name' ? String(each) : `${key} ${show(each)}`))
    .join(', ');
}
