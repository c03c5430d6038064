// SPDX-License-Identifier: GPL-2.0-only

import { spawn } from 'node:child_process';
import { closeSync, fstatSync, openSync } from 'node:fs';
import process from 'node:process';
import { describe, expect, test } from 'vitest';
import { errno } from '../posix/index.js';
import { addon } from '../addon/addon.js';
import { EPOLLIN, Reactor } from './reactor.js';

const native = addon();
/** No process has this number. */
const nobody = 2 ** 22 + 1;

describe('another process', () => {
  test('shows whose its descriptors are, and gives copies of them', () => {
    const fd = openSync('/dev/null', 'r');
    const fields = new Float64Array(3);
    expect(native.processIdentify(process.pid, fd, fields)).toBe(0);
    const { ino, mode } = fstatSync(fd);
    expect([...fields]).toEqual([ino, mode, 0o100000]);
    const copy = native.processBorrow(process.pid, fd);
    expect(copy).not.toBe(fd);
    expect(native.inode(copy)).toBe(ino);
    native.close(copy);
    closeSync(fd);
    expect(native.processIdentify(process.pid, fd, fields)).toBe(-errno.EBADF);
    expect(native.processBorrow(process.pid, 987_654)).toBe(-errno.EBADF);
  });

  test('has memory, where there is some', () => {
    const bytes = new Uint8Array(8);
    expect(native.processRead(process.pid, 16, bytes, 0, 8)).toBe(-errno.EFAULT);
    expect(native.processWrite(process.pid, 16, bytes, 0, 8)).toBe(-errno.EFAULT);
    expect(native.processRead(process.pid, 16, bytes, 0, 0)).toBe(0);
    expect(native.processRead(nobody, 16, bytes, 0, 8)).toBe(-errno.ESRCH);
    expect(() => native.processRead(process.pid, 16, bytes, 4, 8)).toThrow(RangeError);
    const ranges = new Float64Array([16, 8]);
    expect(native.processReadVector(process.pid, ranges, 1, bytes, 0, 8)).toBe(-errno.EFAULT);
    expect(() => native.processReadVector(process.pid, ranges, 2, bytes, 0, 8)).toThrow(RangeError);
  });

  test('is known by its threads', () => {
    expect(native.processGroup(process.pid)).toBe(process.pid);
    expect(native.processGroup(nobody)).toBe(-errno.ESRCH);
    expect(native.processSignal(process.pid, process.pid, 0)).toBe(0);
    expect(native.processSignal(process.pid, nobody, 0)).toBe(-errno.ESRCH);
    expect(native.processOpen(nobody)).toBe(-errno.ESRCH);
  });

  test('tells when it has ended', async () => {
    const reactor = new Reactor();
    const child = spawn('sleep', ['60']);
    const fd = native.processOpen(child.pid!);
    expect(fd).toBeGreaterThan(0);
    const ended = new Promise<void>((resolve) => {
      const watch = reactor.watch(fd, EPOLLIN, () => {
        watch.close();
        resolve();
      });
    });
    child.kill();
    await ended;
    native.close(fd);
    reactor.close();
  });
});
