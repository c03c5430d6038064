// SPDX-License-Identifier: GPL-2.0-only

/**
 * What a kernel build does when it cannot succeed, with the real source, Kconfig, make and compiler: one clear
 * error, nothing half-made in the cache, and the next run is not in its way.
 */
import { spawn } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { cacheEntries, cachePath } from '../../kernel/build/cache.js';
import { buildKernel } from '../../kernel/build/index.js';
import { createMeter, silent } from '../../kernel/build/progress.js';
import { findDebianSource, unpackDebianSource } from '../../kernel/build/source.js';
import { LibosError } from '../../src/errors.js';
import { packageRoot } from '../../src/package-root.js';
import { linkTree } from '../helpers/linux-tree.js';

let folder = '';
let debianTree = '';

beforeAll(async () => {
  const source = await findDebianSource();
  await unpackDebianSource(source, createMeter([{ name: 'unpack', expectedSeconds: 1 }], silent));
  debianTree = source.tree;
  folder = mkdtempSync(join(tmpdir(), 'libos-build-'));
  const cache = join(folder, 'cache');
  mkdirSync(cache);
  // A cache of its own, but for the unpacked source.
  symlinkSync(cachePath('trees'), join(cache, 'trees'));
  vi.stubEnv('LIBOS_CACHE', cache);
});
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});
afterEach(() => expect(cacheEntries('kernels')).toEqual([]));

/** Debian's tree as a user's own, but for one file. */
function ownTree(name: string, own: string): string {
  const tree = join(folder, name);
  linkTree(tree, debianTree, own);
  return tree;
}

async function failureOf(build: Promise<unknown>): Promise<LibosError> {
  const error = await build.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(LibosError);
  return error as LibosError;
}

describe('a fragment', () => {
  test('with settings that Kconfig does not take is an error that names each of them', async () => {
    const fragment = join(folder, 'own.config');
    writeFileSync(
      fragment,
      'CONFIG_TCP_CONG_BBR=y\nCONFIG_NO_SUCH=y\nCONFIG_NETCONSOLE_DYNAMIC=y\n',
    );
    const error = await failureOf(buildKernel({ fragments: [fragment] }));
    expect(error.code).toBe('ERR_LIBOS_CONFIG');
    expect(error.message).toContain(
      `${fragment}:2: CONFIG_NO_SUCH=y: this tree has no such symbol`,
    );
    expect(error.message).toMatch(
      /own\.config:3: CONFIG_NETCONSOLE_DYNAMIC=y: Kconfig gives n \(drivers\/net\/Kconfig:\d+, depends on NETCONSOLE/,
    );
    expect(error.message).not.toContain('CONFIG_TCP_CONG_BBR');
  });

  test('that is no fragment is an error with the line', async () => {
    const fragment = join(folder, 'broken.config');
    writeFileSync(fragment, 'TCP_CONG_BBR: yes\n');
    const error = await failureOf(buildKernel({ fragments: [fragment] }));
    expect(error.message).toBe(`${fragment}:1: not a configuration line: TCP_CONG_BBR: yes`);
  });
});

test("a tree that does not compile is an error with the compiler's words and the file", async () => {
  const tree = ownTree('broken', 'kernel/bounds.c');
  writeFileSync(join(tree, 'kernel/bounds.c'), 'int main(void)\n{\n\treturn neither;\n}\n');
  const error = await failureOf(buildKernel({ sourceDir: tree }));
  expect(error.code).toBe('ERR_LIBOS_KERNEL_BUILD');
  expect(error.message).toContain('cannot build kernel/bounds.s');
  expect(error.message).toContain(
    `${tree}/kernel/bounds.c:3:9: error: use of undeclared identifier 'neither'`,
  );
  expect(error.hint).toContain('make.log');
});

test('a build that was killed leaves nothing running and no lock behind', async () => {
  const tree = ownTree('killed', 'kernel/bounds.c');
  symlinkSync(join(debianTree, 'kernel/bounds.c'), join(tree, 'kernel/bounds.c'));
  await killWhileItCompiles(tree);
  const buildFolders = cacheEntries('builds').filter((name) => !name.endsWith('.lock'));
  expect(buildFolders.length).toBeGreaterThan(0);
  await vi.waitFor(() => expect(processesIn(cachePath('builds'))).toEqual([]), 10_000);

  // The next run gets as far as the compiler, so no lock was in its way.
  rmSync(join(tree, 'kernel/bounds.c'));
  writeFileSync(join(tree, 'kernel/bounds.c'), '#error seen\n');
  const error = await failureOf(buildKernel({ sourceDir: tree }));
  expect(error.message).toContain('kernel/bounds.c:1:2: error: seen');
});

function killWhileItCompiles(tree: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const main = join(packageRoot, 'dist/src/cli/main.js');
    const child = spawn(process.execPath, [main, 'kernel', 'build', '--source', tree], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const timer = setInterval(() => {
      const compiles = processesIn(cachePath('builds')).some((command) =>
        command.startsWith('clang'),
      );
      if (compiles) child.kill('SIGKILL');
    }, 50);
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      clearInterval(timer);
      if (signal === 'SIGKILL') resolve();
      else reject(new Error(`the build ended by itself with code ${code}`));
    });
  });
}

/** The commands of all processes that work below a folder. */
function processesIn(where: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        if (!readlinkSync(`/proc/${pid}/cwd`).startsWith(where)) return [];
        return [readFileSync(`/proc/${pid}/comm`, 'utf8').trim()];
      } catch {
        // It ended meanwhile, or is not ours to look at.
        return [];
      }
    });
}
