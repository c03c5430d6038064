// SPDX-License-Identifier: GPL-2.0-only
import { expect, test } from 'vitest';
import { isSocketList, renumberList, renumberMessages } from './inodes.js';

const inodes = new Map([[7, 70_000]]);

/** A message of sock_diag about a socket, by its family's structure. */
function message(type: number, family: number, sizeBytes: number, inodeAt: number, inode: number) {
  const bytes = Buffer.alloc(16 + sizeBytes);
  bytes.writeUInt32LE(bytes.length, 0);
  bytes.writeUInt16LE(type, 4);
  bytes[16] = family;
  bytes.writeUInt32LE(inode, 16 + inodeAt);
  return bytes;
}

test('inodes in messages of sock_diag are the machine’s, or 0', () => {
  const given = [
    message(20, 2, 72, 68, 7),
    message(20, 10, 80, 68, 8),
    message(20, 17, 16, 4, 7),
    message(20, 16, 28, 16, 7),
  ];
  const done = message(3, 2, 72, 68, 7);
  const unix = message(20, 1, 16, 4, 7);
  const bytes = Buffer.concat([...given, done, unix]);
  renumberMessages(bytes, inodes);
  const wanted = [
    message(20, 2, 72, 68, 70_000),
    message(20, 10, 80, 68, 0),
    message(20, 17, 16, 4, 70_000),
    message(20, 16, 28, 16, 70_000),
  ];
  expect(bytes).toEqual(Buffer.concat([...wanted, done, unix]));
});

test('messages that are cut off or make no sense are left as they are', () => {
  const whole = message(20, 2, 72, 68, 7);
  for (let length = 0; length < whole.length; length++) {
    const cut = Buffer.from(whole.subarray(0, length));
    renumberMessages(cut, inodes);
    expect(cut).toEqual(whole.subarray(0, length));
  }
  const endless = Buffer.alloc(64);
  renumberMessages(endless, inodes);
  expect(endless).toEqual(Buffer.alloc(64));
});

test('so are inodes in the lists of /proc/net', () => {
  const title =
    '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode';
  const line = (inode: number): string =>
    `   0: 0100007F:1234 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 ${inode} 1 0 100 0 0 10 0`;
  expect(renumberList('/proc/net/tcp', `${title}\n${line(7)}\n${line(8)}\n`, inodes)).toBe(
    `${title}\n${line(70_000)}\n${line(0)}\n`,
  );
  const packet = 'sk RefCnt Type Proto  Iface R Rmem   User   Inode\n';
  expect(renumberList('/proc/net/packet', `${packet}p 3 3 0003 1 1 0 0 7\n`, inodes)).toBe(
    `${packet}p 3 3 0003 1 1 0 0 70000\n`,
  );
  expect(['/proc/net/tcp', '/proc/net/dev', '/sys/class/net/tcp'].map(isSocketList)).toEqual([
    true,
    false,
    false,
  ]);
});
