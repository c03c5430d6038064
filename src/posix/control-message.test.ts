// SPDX-License-Identifier: GPL-2.0-only
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeControl, encodeControl, type ControlMessage } from './control-message.js';
import { ilp32, lp64 } from './struct/data-model.js';

const u31 = fc.nat();
const messages: fc.Arbitrary<ControlMessage> = fc.oneof(
  fc.record(
    { type: fc.constant('rights'), fds: fc.array(u31, { maxLength: 5 }) },
    { noNullPrototype: true },
  ),
  fc.record(
    { type: fc.constant('credentials'), pid: u31, uid: u31, gid: u31 },
    { noNullPrototype: true },
  ),
  fc.record(
    { type: fc.constant('timeToLive'), version: fc.constantFrom(4, 6), value: fc.nat(255) },
    { noNullPrototype: true },
  ),
  fc.record(
    { type: fc.constant('typeOfService'), version: fc.constantFrom(4, 6), value: fc.nat(255) },
    { noNullPrototype: true },
  ),
  fc.record(
    { type: fc.constant('packetInfo'), interfaceIndex: u31, address: fc.constant('2001:db8::1') },
    { noNullPrototype: true },
  ),
  fc.record(
    {
      type: fc.constant('packetInfo'),
      interfaceIndex: u31,
      address: fc.constant('192.0.2.1'),
      sourceAddress: fc.constant('192.0.2.2'),
    },
    { noNullPrototype: true },
  ),
  fc.record(
    {
      type: fc.constant('raw'),
      level: fc.constant(99),
      kind: u31,
      data: fc.uint8Array({ maxLength: 9 }),
    },
    { noNullPrototype: true },
  ),
);

describe.each([ilp32, lp64])('control messages, $name', (model) => {
  test('survive', () => {
    fc.assert(
      fc.property(fc.array(messages, { maxLength: 4 }), (list) => {
        expect(decodeControl(encodeControl(list, model), model)).toEqual(list);
      }),
    );
  });

  test('of any bytes do no harm', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        expect(decodeControl(bytes, model).length).toBeLessThanOrEqual(80 / 12);
      }),
    );
  });
});

test('the layout is the data model’s', () => {
  const rights: readonly ControlMessage[] = [{ type: 'rights', fds: [7] }];
  expect([...encodeControl(rights, ilp32)]).toEqual([
    16, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 7, 0, 0, 0,
  ]);
  expect(encodeControl(rights, lp64).byteLength).toBe(24);
  expect(encodeControl(rights, lp64)[0]).toBe(20);
});

test('what is only received cannot be sent', () => {
  const stamp: ControlMessage = { type: 'timestamp', time: { seconds: 1, nanoseconds: 2 } };
  expect(() => encodeControl([stamp], ilp32)).toThrow(TypeError);
});

test('what is cut in the middle stays bytes', () => {
  const whole = encodeControl([{ type: 'credentials', pid: 1, uid: 2, gid: 3 }], ilp32);
  whole[0] = 20;
  expect(decodeControl(whole, ilp32)).toEqual([
    { type: 'raw', level: 1, kind: 2, data: Uint8Array.of(1, 0, 0, 0, 2, 0, 0, 0) },
  ]);
});
