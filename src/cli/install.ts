// SPDX-License-Identifier: GPL-2.0-only

/** `libos install` and `libos uninstall`: the launcher and the shim where their bare names are found. */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import process from 'node:process';
import { Command } from 'commander';
import { filesUnder, installInto, uninstallFrom } from '../native/prefix.js';
import { LibosError } from '../errors.js';
import { lazyStep } from './terminal.js';

const prefixDefault = '/usr/local';
/** Prefixes whose lib/ the dynamic linker searches by itself. */
const searched = ['/usr/local', '/usr'];

interface Options {
  readonly prefix: string;
}

function withPrefix(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .option('--prefix <folder>', 'where bin/ and lib/ are', prefixDefault);
}

export function installCommand(): Command {
  return withPrefix('install', 'install `libos` and libnuse-linux.so for this machine').action(
    install,
  );
}

export function uninstallCommand(): Command {
  return withPrefix('uninstall', 'remove what `libos install` has installed').action(uninstall);
}

function install({ prefix }: Options): void {
  const folder = resolve(prefix);
  mustBeWritable(folder);
  const step = lazyStep('native parts');
  const { launcher, shim } = installInto(folder, {
    onBuild: (what) => step.onProgress({ phase: what, done: 0, total: 1 }),
  });
  process.stdout.write(`installed ${launcher}\ninstalled ${shim}\n`);
  if (searched.includes(folder)) {
    refreshCache();
    return;
  }
  process.stdout.write(
    `for bare names: export PATH=${join(folder, 'bin')}:$PATH ` +
      `LD_LIBRARY_PATH=${join(folder, 'lib')}\n`,
  );
}

function uninstall({ prefix }: Options): void {
  const folder = resolve(prefix);
  const { launcher, shim } = filesUnder(folder);
  if (!existsSync(launcher) && !existsSync(shim)) {
    process.stdout.write(`nothing is installed under ${folder}\n`);
    return;
  }
  mustBeWritable(folder);
  uninstallFrom(folder);
  if (searched.includes(folder)) refreshCache();
  process.stdout.write(`removed from ${folder}\n`);
}

function refreshCache(): void {
  const { status, error, stderr } = spawnSync('ldconfig', { encoding: 'utf8' });
  if (status === 0) return;
  throw new LibosError('ERR_LIBOS_INSTALL', `ldconfig failed: ${error?.message ?? stderr.trim()}`, {
    hint: 'run it as root: until then LD_PRELOAD needs the whole path of libnuse-linux.so',
  });
}

function mustBeWritable(folder: string): void {
  let existing = folder;
  while (!existsSync(existing)) existing = dirname(existing);
  try {
    accessSync(existing, constants.W_OK);
  } catch (cause) {
    throw new LibosError('ERR_LIBOS_INSTALL', `${existing} is not yours to write to`, {
      hint: 'be root, or choose another place: libos install --prefix ~/.local',
      cause,
    });
  }
}
