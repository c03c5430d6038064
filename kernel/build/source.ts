// SPDX-License-Identifier: GPL-2.0-only

/**
 * The Linux source that a kernel is built from: Debian's package, unpacked into the cache once for each of its
 * versions, or a tree of the user's own, which is only ever read.
 */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { LibosError } from '../../src/errors.js';
import { cachePath, publishFolder } from './cache.js';
import { withLock } from './lock.js';
import type { Meter } from './progress.js';
import { buildPackages, runTool, runToolOrThrow } from './tool.js';

const debianPackage = 'linux-source-6.12';
const debianTarball = `/usr/src/${debianPackage}.tar.xz`;
/** The version of Linux that kernel/arch/lib is written for. */
const portedVersion = '6.12';

export interface DebianSource {
  readonly kind: 'debian';
  /** The package's name and version. */
  readonly identity: string;
  readonly tree: string;
}

export interface DirectorySource {
  readonly kind: 'directory';
  readonly identity: string;
  readonly tree: string;
}

export type KernelSource = DebianSource | DirectorySource;

/** Debian's source as it is installed now; unpackDebianSource() puts it where `tree` says. */
export async function findDebianSource(): Promise<DebianSource> {
  const query = await runTool('dpkg-query', ['-W', '-f', '${Version}', debianPackage]).catch(
    (error: unknown) => {
      if (error instanceof LibosError && error.code === 'ERR_LIBOS_TOOL_MISSING') return undefined;
      throw error;
    },
  );
  if (query?.code !== 0 || query.stdout === '' || !existsSync(debianTarball)) {
    throw new LibosError(
      'ERR_LIBOS_SOURCE_MISSING',
      `the kernel's source is not there: Debian's package ${debianPackage} is not installed`,
      {
        hint: `apt-get install --no-install-recommends ${buildPackages().join(' ')}\nor name a tree of Linux ${portedVersion} with --source`,
      },
    );
  }
  return {
    kind: 'debian',
    identity: `${debianPackage} ${query.stdout}`,
    tree: cachePath('trees', query.stdout.replaceAll(/[^\w.+~-]/g, '_')),
  };
}

/** A tree of the user's own, looked at before anything is made of it. */
export function openDirectorySource(folder: string): DirectorySource {
  const tree = resolve(folder);
  if (!statSync(tree, { throwIfNoEntry: false })?.isDirectory()) {
    throw new LibosError('ERR_LIBOS_SOURCE_MISSING', `no folder ${tree}`, {
      hint: `--source takes the top folder of a Linux ${portedVersion} tree`,
    });
  }
  const version = linuxVersion(tree);
  if (!version.startsWith(`${portedVersion}.`)) {
    throw new LibosError(
      'ERR_LIBOS_SOURCE_VERSION',
      `${tree} is Linux ${version}, and the port in kernel/arch/lib is for ${portedVersion}`,
      { hint: `give a ${portedVersion} tree; docs/internals/arch-port.md has what a move takes` },
    );
  }
  if (existsSync(join(tree, 'include/config')) || existsSync(join(tree, 'include/generated'))) {
    throw new LibosError(
      'ERR_LIBOS_SOURCE_NOT_CLEAN',
      `${tree} has been built in place, and make would take its objects for ours`,
      { hint: `run "make mrproper" there, or give a worktree of its own ("git worktree add")` },
    );
  }
  return { kind: 'directory', identity: `directory ${tree} ${version}`, tree };
}

/** How a source is called in a manifest, which never names a place on this machine. */
export function sourceTitle(source: KernelSource): string {
  return source.kind === 'debian' ? `Debian ${source.identity}` : `tree ${basename(source.tree)}`;
}

/** `6.12.117`, or with what the tree's Makefile adds. */
export function linuxVersion(tree: string): string {
  const makefile = join(tree, 'Makefile');
  const text = existsSync(makefile) ? readFileSync(makefile, 'utf8') : '';
  const version = parseVersion(text);
  if (version === undefined || !existsSync(join(tree, 'Kbuild'))) {
    throw new LibosError('ERR_LIBOS_SOURCE_MISSING', `${tree} is not a Linux source tree`, {
      hint: `--source takes the top folder of a Linux ${portedVersion} tree, the one with Makefile and Kbuild`,
    });
  }
  return version;
}

/** The version in the first lines of Linux's top Makefile. */
export function parseVersion(makefile: string): string | undefined {
  const value = (name: string): string | undefined =>
    new RegExp(`^${name} *= *(.*)$`, 'm').exec(makefile)?.[1]?.trim();
  const [major, minor] = [value('VERSION'), value('PATCHLEVEL')];
  if (major === undefined || minor === undefined) return undefined;
  return `${major}.${minor}.${value('SUBLEVEL') ?? '0'}${value('EXTRAVERSION') ?? ''}`;
}

/** What no kernel of ours compiles and no Kconfig file reads: half of the unpacked tree. */
const notUnpacked = ['*/drivers/gpu/*.[ch]', '*/Documentation/*.rst', '*/Documentation/*.yaml'];
const tarRecordBytes = 10_240;
const unpackedBytesGuess = 1_560_000_000;

/** Unpacks Debian's source, unless this version is there. */
export async function unpackDebianSource(source: DebianSource, meter: Meter): Promise<void> {
  if (existsSync(source.tree)) return;
  await withLock(
    `${source.tree}.lock`,
    (pid) => meter.note(`waiting for process ${pid}, which unpacks the source`),
    async () => {
      if (existsSync(source.tree)) return;
      meter.enter('unpack');
      await publishFolder(source.tree, (temporary) => untar(temporary, meter));
    },
  );
}

async function untar(folder: string, meter: Meter): Promise<void> {
  const records = unpackedBytesGuess / tarRecordBytes;
  await runToolOrThrow(
    'tar',
    [
      `--use-compress-program=xz --threads=${availableParallelism()}`,
      ...notUnpacked.map((pattern) => `--exclude=${pattern}`),
      '--checkpoint=2000',
      '--checkpoint-action=echo=%u',
      '--strip-components=1',
      '--no-same-owner',
      `--directory=${folder}`,
      '--extract',
      `--file=${debianTarball}`,
    ],
    { onLine: (line) => meter.advance(Number(/(\d+)$/.exec(line)?.[1] ?? 0) / records) },
  );
}
