// SPDX-License-Identifier: GPL-2.0-only

/** One gdb over all hosts of a simulation, as the guide's page on debugging shows it. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, expect, test } from 'vitest';
import { packageRoot } from '../../src/package-root.js';
import { run } from './link.js';

// Inside of the checkout, so that the package is found by its name.
const folder = mkdtempSync(join(packageRoot, 'dist/.gdb-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('a breakpoint stops in every host, which says its name, or in one of them', () => {
  const page = readFileSync(join(packageRoot, 'docs/guide/debugging.md'), 'utf8');
  for (const [, , name, content] of page.matchAll(
    /^```(js|gdb)\n(?:\/\/|#) (\S+)\n([^]*?)^```$/gm,
  )) {
    writeFileSync(join(folder, name!), content!);
  }
  const scenario = join(folder, 'two-hosts.mjs');
  const alone = run(process.execPath, [scenario]);
  expect(alone).toMatchObject({ code: 0, stderr: '' });

  const options = ['-nx', '-batch', '-iex', 'set debuginfod enabled off'];
  const commands = join(folder, 'hosts.gdb');
  const debugged = run('gdb', [...options, '-x', commands, '--args', process.execPath, scenario]);
  const lines = debugged.stdout.split('\n');
  const received = lines.filter((line) => line.includes(' has received from '));
  // The request and its reply.
  expect(received).toEqual(['bob has received from eth0', 'alice has received from eth0']);
  const stops = lines.filter((line) => line.startsWith('#0 '));
  expect(stops).toEqual([expect.stringMatching(/^#0 +icmp_reply \(.* at .*icmp\.c:\d+$/)]);
  expect(debugged.stdout).toContain(alone.stdout.trim());
}, 300_000);
