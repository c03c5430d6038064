// SPDX-License-Identifier: GPL-2.0-only

/** The program of the guide's page on debugging is linked, runs, stops in gdb and is clean in valgrind, as the page says. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { packageRoot } from '../../src/package-root.js';
import { kernelObject, Programs, run } from './link.js';

const programs = new Programs();
afterAll(() => {
  programs[Symbol.dispose]();
});

test('a kernel of your own in gdb and valgrind', () => {
  const page = readFileSync(join(packageRoot, 'docs/guide/debugging.md'), 'utf8');
  const [, source] = /^```c\n([^]*?)^```$/m.exec(page)!;
  const path = join(programs.folder, 'mine.c');
  writeFileSync(path, source!);
  const headers = ['-iquote', join(packageRoot, 'test/native'), path];
  const mine = programs.link('mine', ['host.c', 'fail.c'], kernelObject(), headers);

  expect(run(mine, []).stdout).toMatch(/^socket: \d+$/m);
  const commands = ['set breakpoint pending off', 'break inet_create', 'run', 'backtrace'];
  const { stdout } = run('gdb', [
    ...['-nx', '-batch', '-iex', 'set debuginfod enabled off'],
    ...commands.flatMap((command) => ['-ex', command]),
    mine,
  ]);
  expect(stdout).toMatch(/^#0 +inet_create \(.*af_inet\.c:\d+$/m);
  expect(stdout).toMatch(/^#\d+ .* main \(\) at .*mine\.c:\d+$/m);
  const valgrind = run('valgrind', ['--leak-check=no', '--num-callers=30', mine]);
  expect(valgrind.stderr).toContain('ERROR SUMMARY: 0 errors');
});
