// SPDX-License-Identifier: GPL-2.0-only

/**
 * memcheck over the native form: a host that boots, two that talk and lose their NICs, and hosts that make an
 * error, which it must find. Errors of a kernel's own are planted-kernel.test.ts's.
 */
import { readFileSync } from 'node:fs';
import { afterAll, expect, test } from 'vitest';
import { kernelObject, Programs } from './link.js';
import { memcheck, suppressions } from './valgrind.js';

const programs = new Programs();
afterAll(() => {
  programs[Symbol.dispose]();
});

test('nothing is wrong in a host that boots, answers, grows its memory and ends', () => {
  const { code, stdout, stderr } = memcheck([programs.harness()]);
  expect(stderr).toContain('ERROR SUMMARY: 0 errors');
  expect(stdout).toMatch(/^done: /m);
  expect(code).toBe(0);
});

test('nor in two hosts that talk, and lose NICs, devices, namespaces and connections', () => {
  const { code, stdout, stderr } = memcheck(programs.twoHosts());
  expect(stderr).toContain('ERROR SUMMARY: 0 errors');
  expect(stdout).toMatch(/^udp: 10 datagrams$/m);
  expect(stdout).toMatch(/^done$/m);
  expect(code).toBe(0);
});

test.each([
  // Linux reads the frame that the host has not filled.
  ['uninitialised', /depends on uninitialised value.*\n.*\n?.*eth_type_trans \(eth\.c:\d+\)/],
  // Linux makes a call with a task that is in the slab of free ones.
  ['after-free', /Invalid read of size \d(.*\n){1,12}.*lib_syscall \(entry\.c:\d+\)/],
  [
    'past-the-end',
    /Invalid write of size 1(.*\n){1,4}.*0 bytes after a .*block of size 100 alloc'd/,
  ],
])('a planted error is found: %s', (error, report) => {
  const planted = programs.link('planted', ['planted.c', 'host.c', 'fail.c'], kernelObject());
  const { code, stderr } = memcheck([planted, error]);
  expect(stderr).toMatch(report);
  // 99, or what Linux makes of it.
  expect(code).not.toBe(0);
});

test('each suppression has a reason above it', () => {
  const lines = readFileSync(suppressions, 'utf8').split('\n');
  const begins = lines.flatMap((line, at) => (line.trim() === '{' ? [at] : []));
  for (const at of begins) expect(lines[at - 1], `line ${at + 1}`).toMatch(/^# \S/);
});
