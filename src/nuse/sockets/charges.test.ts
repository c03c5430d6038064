// SPDX-License-Identifier: GPL-2.0-only

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addon } from '../../addon/addon.js';
import { MSG_DONTWAIT, SOCK_SEQPACKET } from '../../posix/index.js';
import { Charges } from './charges.js';

test('knows what Linux counts for a message, in any order, in either kind of pair', () => {
  const native = addon();
  const charges = new Charges();
  const ends = new Float64Array(3);
  native.pairOpen(SOCK_SEQPACKET, 1024 * 1024, 1, ends);
  const [from, to] = ends as unknown as [number, number];
  const bytes = new Uint8Array(70_000);
  fc.assert(
    fc.property(fc.integer({ min: 0, max: bytes.length }), (length) => {
      native.send(from, bytes, 0, length, MSG_DONTWAIT);
      expect(charges.of(length)).toBe(native.ioctlValue(from, 0x5411));
      expect(charges.of(length)).toBe(charges.of(length));
      native.receive(to, bytes, 0, bytes.length, MSG_DONTWAIT);
    }),
  );
  charges.close();
  native.close(from);
  native.close(to);
});
