// SPDX-License-Identifier: GPL-2.0-only

// Debian packages: finds which of scripts/debian-packages.json are missing and, as root, installs them.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { Step } from '../../src/cli/terminal.js';
import { SetupError } from './script.mjs';

const list = JSON.parse(
  readFileSync(new URL('../debian-packages.json', import.meta.url), 'utf8'),
).packages;

/** Installs what `groups` need and is missing. */
export async function ensureDebianPackages(groups) {
  const wanted = list.filter((entry) => groups.includes(entry.group));
  const missing = findMissing(wanted);
  if (missing.length === 0) return;
  const names = missing.map((entry) => entry.name).join(' ');
  if (process.getuid?.() !== 0) {
    const reasons = missing.map((entry) => `  ${entry.name.padEnd(20)} ${entry.reason}`).join('\n');
    throw new SetupError(
      `Debian packages are missing:\n${reasons}`,
      `install them with\n  sudo apt-get update && sudo apt-get install --no-install-recommends ${names}\nand run the same command again`,
    );
  }
  const step = new Step('Debian packages');
  step.progress(0, 'reading the package lists');
  // A failed update is not the end: the lists on disk may do, and the install says so if they do not.
  await apt(['update'], () => undefined);
  const result = await withoutServices(missing, () =>
    apt(
      ['install', '--yes', '--no-install-recommends', ...missing.map((entry) => entry.name)],
      (fraction, text) => step.progress(fraction, text),
    ),
  );
  const still = findMissing(missing).map((entry) => entry.name);
  if (still.length > 0) {
    throw new SetupError(
      `apt-get could not install ${still.join(' ')}:\n${result}`,
      'set-up knows Debian 12 with its bookworm-security archive; check the network and /etc/apt/sources.list*',
    );
  }
  step.done(`installed ${names}`);
}

/**
 * Runs `install` so that no service of `entries` is started, and disables them afterwards: they are here as
 * programs that tests run. Services of packages that were installed before are left as they are.
 */
async function withoutServices(entries, install) {
  const services = entries.flatMap((entry) => entry.services ?? []);
  // Debian's way to forbid starts while packages are installed; 101 is "forbidden". A machine's own policy stays.
  const policy = '/usr/sbin/policy-rc.d';
  const ours = services.length > 0 && !existsSync(policy);
  if (ours) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  const remove = () => rmSync(policy, { force: true });
  const interrupted = (signal) => {
    remove();
    process.removeListener(signal, interrupted);
    process.kill(process.pid, signal);
  };
  const signals = ours ? ['SIGINT', 'SIGTERM', 'SIGHUP'] : [];
  for (const signal of signals) process.on(signal, interrupted);
  try {
    return await install();
  } finally {
    for (const signal of signals) process.removeListener(signal, interrupted);
    if (ours) remove();
    // Of systemd and of System V alike.
    for (const service of services) spawnSync('update-rc.d', [service, 'disable']);
  }
}

function findMissing(entries) {
  const query = spawnSync('dpkg-query', ['-W', '-f', '${Package} ${db:Status-Status}\n'], {
    encoding: 'utf8',
    maxBuffer: 1 << 24,
  });
  if (query.error) {
    throw new SetupError(
      'dpkg-query is not there: set-up knows Debian 12 only',
      `use Debian 12 (a container will do: debian:12 with Node.js 20); it needs ${entries.map((entry) => entry.name).join(', ')}`,
    );
  }
  const installed = new Set(
    query.stdout
      .split('\n')
      .filter((line) => line.endsWith(' installed'))
      .map((line) => line.split(' ')[0]),
  );
  return entries.filter((entry) => !installed.has(entry.name));
}

/** Runs apt-get, reports its progress and returns its last lines of output. */
function apt(args, onProgress) {
  return new Promise((resolve, reject) => {
    const child = spawn(
      'apt-get',
      ['-q', '-o', 'APT::Status-Fd=3', '-o', 'DPkg::Lock::Timeout=600', ...args],
      {
        env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C.UTF-8' },
        stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
      },
    );
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => (output = (output + text).slice(-4000)));
    }
    // `dlstatus:item:percent:text` while it loads (the first half), `pmstatus:…` while it installs.
    createInterface({ input: child.stdio[3] }).on('line', (line) => {
      const [kind, , percent, ...text] = line.split(':');
      const half = Number(percent) / 200;
      if (kind === 'dlstatus') onProgress(half, text.join(':').trim());
      if (kind === 'pmstatus') onProgress(0.5 + half, text.join(':').trim());
    });
    child.on('error', (error) =>
      reject(new SetupError(`cannot run apt-get: ${error.message}`, 'set-up knows Debian 12 only')),
    );
    child.on('close', () => resolve(output.trim().split('\n').slice(-12).join('\n')));
  });
}
