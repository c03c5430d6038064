// SPDX-License-Identifier: GPL-2.0-only
/** Netlink by the byte: attributes, messages, acknowledgements, the client’s answers to odd kernels. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as A from './attributes.js';
import { ByteWriter } from './byte-writer.js';
import { NetlinkClient, type NetlinkTransport } from './client.js';
import {
  NLM_F_ACK_TLVS,
  NLM_F_CAPPED,
  NLM_F_DUMP_INTR,
  NLMSG_DONE,
  NLMSG_ERROR,
  NLMSG_OVERRUN,
} from './constants/message.js';
import { encodeMessage, NetlinkError, parseAcknowledgement, parseMessages } from './message.js';

const inner = A.policy({ id: [1, A.u32], label: [2, A.text] });
const everything = A.policy({
  u8: [1, A.u8],
  u16: [2, A.u16],
  u32: [3, A.u32],
  u64: [4, A.u64],
  s32: [5, A.s32],
  be16: [6, A.be16],
  be32: [7, A.be32],
  text: [8, A.text],
  on: [9, A.flag],
  bytes: [10, A.binary],
  ip: [11, A.ip],
  mac: [12, A.mac],
  nest: [13, A.nested(inner)],
  list: [14, A.list(1, A.u16)],
  yes: [15, A.bool8],
});
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

describe('attributes', () => {
  test('survive', () => {
    const integer = (maximum: number): fc.Arbitrary<number> => fc.integer({ min: 0, max: maximum });
    const value = fc.record(
      {
        u8: integer(0xff),
        u16: integer(0xffff),
        u32: integer(0xffffffff),
        u64: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
        s32: fc.integer(),
        be16: integer(0xffff),
        be32: integer(0xffffffff),
        text: fc.string({ maxLength: 20 }).filter((s) => !s.includes('\0')),
        on: fc.constant(true as const),
        bytes: fc.uint8Array({ maxLength: 9 }),
        ip: fc.constantFrom('192.0.2.1', '2001:db8::1', '::'),
        mac: fc.constantFrom('02:00:00:00:00:01'),
        nest: fc.record(
          { id: integer(9), label: fc.constant('x') },
          { requiredKeys: [], noNullPrototype: true },
        ),
        list: fc.array(integer(0xffff), { maxLength: 4 }),
        yes: fc.boolean(),
      },
      { requiredKeys: [], noNullPrototype: true },
    );
    fc.assert(
      fc.property(value, (object) => {
        const encoded = everything.encode(object);
        expect(encoded.byteLength % 4).toBe(0);
        expect(everything.decode(encoded)).toEqual(object);
      }),
    );
  });

  test('have the kernel’s layout', () => {
    expect(hex(everything.encode({ u8: 7, text: 'ab', nest: { id: 1 } }))).toBe(
      ['05000100' + '07000000', '07000800' + '61620000', '0c000d80' + '0800010001000000'].join(''),
    );
  });

  test('that are not known or broken do no harm', () => {
    const junk = Uint8Array.of(8, 0, 99, 0, 1, 2, 3, 4, 5, 0, 1, 0, 9, 0, 0, 0, 200, 0, 1, 0, 1);
    expect(everything.decode(junk)).toEqual({ u8: 9 });
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        expect([...A.attributes(bytes)].length).toBeLessThanOrEqual(16);
      }),
    );
  });

  test('refuse what does not fit', () => {
    expect(() => everything.encode({ u8: 256 })).toThrow(RangeError);
    expect(() => everything.encode({ ip: 'here' })).toThrow(TypeError);
    expect(() => everything.encode({ bytes: new Uint8Array(0x10000) })).toThrow(
      'at most 65535 fit',
    );
    expect(() => everything.decode(Uint8Array.of(5, 0, 3, 0, 1, 0, 0, 0))).toThrow('has only 1');
  });
});

describe('messages', () => {
  test('are padded, and split again', () => {
    const one = encodeMessage(
      { type: 16, flags: 5, sequence: 1 },
      Uint8Array.of(1),
      Uint8Array.of(2, 3),
    );
    expect(hex(one)).toBe(
      '16000000' + '1000' + '0500' + '01000000' + '00000000' + '01000000' + '0203',
    );
    const two = encodeMessage({ type: 17, flags: 0, sequence: 2, portId: 9 });
    const padded = new Uint8Array(24 + 16);
    padded.set(one);
    padded.set(two, 24);
    expect(
      parseMessages(padded).map(({ type, sequence, portId }) => [type, sequence, portId]),
    ).toEqual([
      [16, 1, 0],
      [17, 2, 9],
    ]);
    expect(() => parseMessages(Uint8Array.from({ length: 16 }, () => 0xff))).toThrow(RangeError);
  });
});

/** An acknowledgement as the kernel writes it. */
function acknowledgement(
  sequence: number,
  error: number,
  extended: Uint8Array = new Uint8Array(0),
  { capped = true, type = NLMSG_ERROR } = {},
) {
  const writer = new ByteWriter();
  writer.bytes(new Uint8Array(Int32Array.of(error).buffer));
  if (type === NLMSG_ERROR) {
    const request = encodeMessage({ type: 16, flags: 5, sequence }, new Uint8Array(20));
    writer.bytes(capped ? request.subarray(0, 16) : request);
  }
  writer.bytes(extended);
  const flags = (capped ? NLM_F_CAPPED : 0) | (extended.byteLength > 0 ? NLM_F_ACK_TLVS : 0);
  return encodeMessage({ type, flags, sequence }, writer.finish());
}
const words = A.policy({
  message: [1, A.text],
  offset: [2, A.u32],
  policy: [4, A.nested(A.policy({ type: [1, A.u32], maximum: [5, A.u64Number] }))],
});

describe('acknowledgements', () => {
  const extended = words.encode({
    message: 'Invalid gateway',
    offset: 36,
    policy: { type: 4, maximum: 4094 },
  });
  test.each([true, false])('with the kernel’s words, capped %s', (capped) => {
    const [message] = parseMessages(acknowledgement(1, -22, extended, { capped }));
    expect(parseAcknowledgement(message!)).toEqual({
      error: -22,
      extended: { message: 'Invalid gateway', offset: 36, policy: { type: 4, maximum: 4094 } },
    });
  });

  test('of the end of a dump', () => {
    const [message] = parseMessages(acknowledgement(1, -22, extended, { type: NLMSG_DONE }));
    expect(parseAcknowledgement(message!)).toMatchObject({
      error: -22,
      extended: { message: 'Invalid gateway' },
    });
  });

  test('make an error that says everything', () => {
    const error = new NetlinkError(
      { error: -22, extended: { message: 'Invalid gateway' } },
      'RTM_NEWROUTE',
    );
    expect(error.message).toBe('EINVAL: invalid argument, RTM_NEWROUTE: Invalid gateway');
    expect(new NetlinkError({ error: -22, extended: { missingType: 3 } }, 'X').message).toContain(
      'attribute 3 is missing',
    );
  });
});

/** A kernel that answers as told. */
function scripted(
  ...answers: readonly (readonly Uint8Array[] | ((sequence: number) => readonly Uint8Array[]))[]
) {
  const queue: Uint8Array[] = [];
  const requests: number[] = [];
  const transport: NetlinkTransport = {
    send(datagram) {
      const [request] = parseMessages(datagram);
      const answer = answers[requests.length] ?? [];
      requests.push(request!.flags);
      queue.push(...(typeof answer === 'function' ? answer(request!.sequence) : answer));
    },
    receive: () => queue.shift(),
  };
  return { client: new NetlinkClient(transport), requests };
}
const part = (sequence: number, flags = 2): Uint8Array =>
  encodeMessage({ type: 16, flags, sequence }, Uint8Array.of(1));

describe('the client', () => {
  test('gathers the parts of a dump, whatever was left over before', () => {
    const { client } = scripted((s) => [
      part(s - 1),
      part(s),
      part(s),
      acknowledgement(s, 0, undefined, { type: NLMSG_DONE }),
    ]);
    expect(client.dump('X', 18)).toHaveLength(2);
  });

  test('reads a dump again that changed on its way, and not for ever', () => {
    const torn = (s: number): readonly Uint8Array[] => [
      part(s, NLM_F_DUMP_INTR),
      acknowledgement(s, 0, undefined, { type: NLMSG_DONE }),
    ];
    const whole = (s: number): readonly Uint8Array[] => [
      part(s),
      acknowledgement(s, 0, undefined, { type: NLMSG_DONE }),
    ];
    const { client, requests } = scripted(torn, whole);
    expect(client.dump('X', 18)).toHaveLength(1);
    expect(requests).toHaveLength(2);
    expect(() => scripted(...Array.from({ length: 20 }, () => torn)).client.dump('X', 18)).toThrow(
      'EAGAIN',
    );
  });

  test('says what went wrong', () => {
    expect(() =>
      scripted((s) => [acknowledgement(s, -17)]).client.request('RTM_NEWLINK', 16, 0),
    ).toThrow(expect.objectContaining({ code: 'EEXIST', syscall: 'RTM_NEWLINK' }));
    expect(() => scripted([]).client.request('X', 16, 0)).toThrow('the kernel did not answer');
    const overrun = (s: number): readonly Uint8Array[] => [
      encodeMessage({ type: NLMSG_OVERRUN, flags: 0, sequence: s }),
    ];
    expect(() => scripted(overrun).client.dump('X', 18)).toThrow('ENOBUFS');
  });

  test('hands on a warning that came with consent', () => {
    const { client } = scripted((s) => [
      acknowledgement(s, 0, words.encode({ message: 'deprecated' })),
    ]);
    expect(client.request('X', 16, 0)).toEqual({ messages: [], warning: 'deprecated' });
  });
});
