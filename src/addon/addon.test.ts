// SPDX-License-Identifier: GPL-2.0-only

import { afterEach, describe, expect, test } from 'vitest';
import { addon } from './addon.js';

const AF_UNIX = 1;
const SOCK_STREAM = 1;
const SOCK_DGRAM = 2;
const EBADF = 9;
const EAGAIN = 11;
const EPIPE = 32;
const O_NONBLOCK = 0o4000;
const F_GETFL = 3;
const FIONREAD = 0x541b;

const native = addon();
const open: number[] = [];
afterEach(() => {
  for (const fd of open.splice(0)) native.close(fd);
});

function pair(type: number): [number, number] {
  const fds = new Int32Array(2);
  expect(native.socketPair(AF_UNIX, type, 0, fds)).toBe(0);
  open.push(...fds);
  return [fds[0]!, fds[1]!];
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('the addon', () => {
  test('moves bytes through a pair, from and to the middle of arrays', () => {
    const [a, b] = pair(SOCK_STREAM | O_NONBLOCK);
    expect(native.write(a, bytes('hello world'), 6, 5)).toBe(5);
    expect(native.ioctlValue(b, FIONREAD)).toBe(5);
    const target = new Uint8Array(10);
    expect(native.read(b, target, 2, 8)).toBe(5);
    expect(new TextDecoder().decode(target)).toBe('\0\0world\0\0\0');
    expect(native.read(b, target, 0, 10)).toBe(-EAGAIN);
    expect(native.fcntl(b, F_GETFL, 0) & O_NONBLOCK).toBe(O_NONBLOCK);
  });

  test('gives failures as numbers, and throws for ranges outside of an array', () => {
    const [a, b] = pair(SOCK_STREAM);
    native.close(b);
    open.splice(open.indexOf(b), 1);
    expect(native.send(a, bytes('x'), 0, 1, 0)).toBe(-EPIPE);
    expect(native.write(9999, bytes('x'), 0, 1)).toBe(-EBADF);
    expect(() => native.write(a, bytes('x'), 1, 1)).toThrow(RangeError);
    expect(() => native.write(a, 'x' as never, 0, 1)).toThrow(TypeError);
  });

  test('passes descriptors, which are the same files', () => {
    const [a, b] = pair(SOCK_DGRAM);
    const [passed, other] = pair(SOCK_STREAM);
    const sent = Int32Array.of(passed, other);
    expect(native.sendDescriptors(a, bytes('two'), 0, 3, sent, 0)).toBe(3);
    const got = new Int32Array(4);
    expect(native.receiveDescriptors(b, new Uint8Array(8), 0, 8, got, 0)).toBe(3);
    const came = [...got.subarray(0, 2)];
    open.push(...came);
    expect(got[2]).toBe(-1);
    expect(came).not.toEqual([passed, other]);
    expect(came.map((fd) => native.inode(fd))).toEqual(
      [passed, other].map((fd) => native.inode(fd)),
    );
  });

  test('reads and writes a file of memory at any place', () => {
    const fd = native.memfd('test', 0);
    open.push(fd);
    expect(native.pwrite(fd, bytes('abc'), 0, 3, 4)).toBe(3);
    const fields = new Float64Array(4);
    expect(native.status(fd, fields)).toBe(0);
    expect([...fields].slice(1)).toEqual([native.inode(fd), 0o100777, 7]);
    const target = new Uint8Array(3);
    expect(native.pread(fd, target, 0, 3, 4)).toBe(3);
    expect(target).toEqual(bytes('abc'));
  });
});
