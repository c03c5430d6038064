// SPDX-License-Identifier: GPL-2.0-only
/**
 * Compiles claims about C against the kernel's user-space headers: tests of constants and layouts use it. The
 * headers of a built kernel's tree serve both data models; where there is no tree, the system's own serve LP64.
 */
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../../src/package-root.js';

export interface Headers {
  readonly name: string;
  readonly model: 'ilp32' | 'lp64';
  /** Whether they are 6.12's, and so know all that the kernel knows. */
  readonly complete: boolean;
  readonly compiler: string;
  readonly flags: readonly string[];
}

/** Every set of headers that this machine has. */
export function availableHeaders(): readonly Headers[] {
  const compiler = ['clang-22', 'clang', 'gcc'].find(
    (name) => spawnSync(name, ['--version']).status === 0,
  );
  if (compiler === undefined) return [];
  const tree = kernelTree();
  if (tree === undefined || compiler === 'gcc') {
    return existsSync('/usr/include/linux/rtnetlink.h')
      ? [{ name: 'system', model: 'lp64', complete: false, compiler, flags: [] }]
      : [];
  }
  const flags = treeFlags(tree, compiler);
  return [
    {
      name: 'tree',
      model: 'ilp32',
      complete: true,
      compiler,
      flags: ['--target=wasm32', ...flags],
    },
    {
      name: 'tree',
      model: 'lp64',
      complete: true,
      compiler,
      flags: ['--target=x86_64-linux-gnu', ...flags],
    },
  ];
}

function kernelTree(): string | undefined {
  const explicit = process.env['LIBOS_KERNEL_TREE'];
  if (explicit !== undefined) return explicit;
  const cache =
    process.env['LIBOS_CACHE'] ??
    join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'libos');
  const trees = join(cache, 'trees');
  if (!existsSync(trees)) return undefined;
  return readdirSync(trees)
    .flatMap((name) => [join(trees, name), ...subfolders(join(trees, name))])
    .find((folder) => existsSync(join(folder, 'include/uapi/linux/rtnetlink.h')));
}

function subfolders(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(folder, entry.name));
}

/** The tree's headers are not installed ones: what `make headers_install` strips is defined away here. */
function treeFlags(tree: string, compiler: string): readonly string[] {
  const shim = mkdtempSync(join(tmpdir(), 'libos-uapi-'));
  for (const folder of ['asm', 'linux', 'sys', 'netinet']) mkdirSync(join(shim, folder));
  const arch = join(packageRoot, 'kernel/arch/lib/include/uapi/asm');
  const generic = join(tree, 'include/uapi/asm-generic');
  for (const folder of [arch, generic]) {
    for (const name of readdirSync(folder).filter((file) => file.endsWith('.h'))) {
      const link = join(shim, 'asm', name);
      if (!existsSync(link)) symlinkSync(join(folder, name), link);
    }
  }
  const write = (name: string, text: string): void => writeFileSync(join(shim, name), text);
  write('linux/compiler_types.h', '');
  write('linux/compiler.h', '');
  write(
    'sys/socket.h',
    '#pragma once\n#include <linux/socket.h>\nstruct sockaddr { unsigned short sa_family; char sa_data[14]; };\n',
  );
  write('netinet/in.h', '#include <linux/in.h>\n#include <linux/in6.h>\n');
  const builtin = spawnSync(compiler, ['-print-resource-dir'], { encoding: 'utf8' }).stdout.trim();
  return [
    '-nostdinc',
    ...['-isystem', join(builtin, 'include')],
    `-I${shim}`,
    `-I${join(tree, 'include/uapi')}`,
    ...['__user', '__force', '__bitwise', '__iomem', '__attribute_const__'].map(
      (name) => `-D${name}=`,
    ),
    '-D__always_inline=inline',
  ];
}

/** The compiler's complaints about a C file, one a line that is wrong; empty when there are none. */
export function compile(headers: Headers, source: string): readonly string[] {
  const args = ['-fsyntax-only', '-w', '-ferror-limit=0', ...headers.flags, '-x', 'c', '-'];
  const { status, stderr } = spawnSync(headers.compiler, args.filter(known(headers)), {
    input: source,
    encoding: 'utf8',
  });
  return status === 0 ? [] : stderr.split('\n').filter((line) => line.includes('error:'));
}

const known =
  (headers: Headers) =>
  (flag: string): boolean =>
    headers.compiler !== 'gcc' || flag !== '-ferror-limit=0';
