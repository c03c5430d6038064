// SPDX-License-Identifier: GPL-2.0-only

/** What the pairs that stand for programs' sockets rest on: how this machine's AF_UNIX behaves. */
import { afterEach, describe, expect, test } from 'vitest';
import {
  errno,
  MSG_DONTWAIT,
  SHUT_WR,
  SOCK_DGRAM,
  SOCK_SEQPACKET,
  SOCK_STREAM,
} from '../posix/index.js';
import { addon } from '../addon/addon.js';

const native = addon();
const SIOCOUTQ = 0x5411;
const FIONREAD = 0x541b;
const open = new Set<number>();
const bytes = new Uint8Array(4096);

afterEach(() => {
  for (const fd of open) native.close(fd);
  open.clear();
});

function pairOf(type: number, programBytes = 65_536): readonly [broker: number, program: number] {
  const ends = new Float64Array(3);
  expect(native.pairOpen(type, 65_536, programBytes, ends)).toBe(0);
  const [broker, program, inode] = ends as unknown as [number, number, number];
  open.add(broker).add(program);
  expect(native.inode(program)).toBe(inode);
  return [broker, program];
}

function close(fd: number): void {
  open.delete(fd);
  native.close(fd);
}

const send = (fd: number, length: number): number =>
  native.send(fd, bytes, 0, length, MSG_DONTWAIT);
const receive = (fd: number, length = bytes.length): number =>
  native.receive(fd, bytes, 0, length, MSG_DONTWAIT);

describe.each([
  ['bytes', SOCK_STREAM],
  ['messages with an end', SOCK_SEQPACKET],
])('a pair of %s', (_, type) => {
  test('tells the other end of a close with data unread as a reset, else as the end', () => {
    const [broker, program] = pairOf(type);
    if (type === SOCK_STREAM) receive(broker, 1);
    send(program, 3);
    receive(broker);
    close(broker);
    expect(receive(program)).toBe(0);

    const [broker2, program2] = pairOf(type);
    send(program2, 3);
    close(broker2);
    expect(receive(program2)).toBe(-errno.ECONNRESET);
    expect(receive(program2)).toBe(0);
  });
});

test.each([SOCK_STREAM, SOCK_SEQPACKET])('a named end of type %i is known to be open', (type) => {
  const [broker, program] = pairOf(type);
  expect(native.pairName(program)).toBe(0);
  expect(native.pairName(program)).toBe(0);
  expect(native.pairAlive(broker)).toBe(1);
  native.shutdown(program, SHUT_WR);
  native.shutdown(broker, SHUT_WR);
  expect(native.pairAlive(broker)).toBe(1);
  close(program);
  expect(native.pairAlive(broker)).toBe(0);
});

test('a stream starts with a byte that the broker holds', () => {
  const [broker, program] = pairOf(SOCK_STREAM);
  expect(native.ioctlValue(broker, FIONREAD)).toBe(1);
  close(broker);
  expect(receive(program)).toBe(-errno.ECONNRESET);
});

test('the smallest buffer is filled by a few bytes, and empty but for one it is writable', () => {
  const [broker, program] = pairOf(SOCK_STREAM, 1);
  const filled = native.pairFill(program);
  expect(filled).toBeGreaterThan(0);
  expect(filled).toBeLessThan(20);
  expect(send(program, 1)).toBe(-errno.EAGAIN);
  expect(native.pairDiscard(broker, filled)).toBe(filled);
  expect(native.ioctlValue(broker, FIONREAD)).toBe(1);
  expect(send(program, 1)).toBe(1);
});

test('bytes are discarded over any length, and what was not there is not waited for', () => {
  const [broker, program] = pairOf(SOCK_STREAM, 4 * 1024 * 1024);
  for (let i = 0; i < 300; i++) expect(send(program, bytes.length)).toBe(bytes.length);
  expect(native.pairDiscard(broker, 300 * bytes.length)).toBe(300 * bytes.length);
  expect(native.pairDiscard(broker, 10)).toBe(1);
  expect(native.pairDiscard(broker, 10)).toBe(-errno.EAGAIN);
});

describe('a pair of datagrams', () => {
  test('can be given an error, which is seen once and harms nothing else', () => {
    const [broker, program] = pairOf(SOCK_DGRAM);
    send(broker, 5);
    expect(native.pairRaise(broker)).toBe(0);
    expect(receive(program)).toBe(-errno.ECONNRESET);
    expect(receive(program)).toBe(5);
    expect(native.pairRaise(broker)).toBe(0);
    expect(native.pairTakeError(program)).toBe(errno.ECONNRESET);
    expect(native.pairTakeError(program)).toBe(0);
    expect([send(broker, 2), receive(program)]).toEqual([2, 2]);
    expect([send(program, 3), receive(broker)]).toEqual([3, 3]);
  });

  test('tells whether the other end is still open, and what it has not taken', () => {
    const [broker, program] = pairOf(SOCK_DGRAM);
    expect(native.pairAlive(broker)).toBe(1);
    send(program, 4);
    const charges = [1, 1000, 4000].map((length) => {
      const before = native.ioctlValue(broker, SIOCOUTQ);
      send(broker, length);
      return native.ioctlValue(broker, SIOCOUTQ) - before;
    });
    receive(program);
    expect(native.ioctlValue(broker, SIOCOUTQ)).toBe(charges[1]! + charges[2]!);
    close(program);
    expect(native.pairAlive(broker)).toBe(0);
    // What it wrote before is not lost.
    expect(receive(broker)).toBe(4);
  });
});
