// SPDX-License-Identifier: GPL-2.0-only

/** Set-up where it cannot do its work: each refusal is one error that says what to do. Changes nothing. */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { packageRoot } from '../src/package-root.js';

const tools = mkdtempSync(join(tmpdir(), 'libos-setup-'));
afterAll(() => {
  rmSync(tools, { recursive: true });
});

/** Runs set-up after `preload`, with only the programs in `path` to be found. */
function setup(preload: string, path: string): { code: number | null; err: string } {
  const run = spawnSync(
    process.execPath,
    ['--import', `data:text/javascript,${preload}`, join(packageRoot, 'scripts/setup.mjs'), 'demo'],
    { encoding: 'utf8', env: { PATH: path } },
  );
  return { code: run.status, err: run.stderr };
}

describe('set-up', () => {
  test('without root names the missing packages and the command that installs them', () => {
    const dpkgQuery = join(tools, 'dpkg-query');
    writeFileSync(dpkgQuery, '#!/bin/sh\necho "make installed"\necho "clang-22 config-files"\n');
    chmodSync(dpkgQuery, 0o755);
    const { code, err } = setup('process.getuid=()=>1000', tools);
    expect(code).toBe(1);
    expect(err).toMatch(/^error: Debian packages are missing:$/m);
    expect(err).toMatch(/^ {2}clang-22 +compiles the kernel/m);
    const command = /^ {2}sudo apt-get update && sudo apt-get install .*$/m.exec(err)?.[0];
    expect(command).toContain(' clang-22 ');
    expect(command).not.toMatch(/\bmake\b/);
    expect(command).not.toContain('valgrind');
  });

  test('on another system says which one it knows', () => {
    const { code, err } = setup('0', join(tools, 'nothing'));
    expect(code).toBe(1);
    expect(err).toContain('error: dpkg-query is not there: set-up knows Debian 12 only\nhint: ');
  });

  test('refuses a Node.js that is too old', () => {
    const old = "Object.defineProperty(process.versions,'node',{value:'18.19.0'})";
    const { code, err } = setup(old, tools);
    expect(code).toBe(1);
    expect(err).toContain('error: Node.js 18.19.0 is too old: libos needs 20.19 or newer\nhint: ');
  });
});
