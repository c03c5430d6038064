// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from 'vitest';
import { buildFrame, plain, words } from '../../test/helpers/frames.js';
import { addToSum, fold } from './checksum.js';
import { wireFrames } from './segment.js';

const payloadOf = (length: number): Uint8Array =>
  Uint8Array.from({ length }, (_, index) => (index * 7) & 0xff);
const u16 = (bytes: Uint8Array, at: number): number => (bytes[at]! << 8) | bytes[at + 1]!;
const u32 = (bytes: Uint8Array, at: number): number =>
  u16(bytes, at) * 0x10000 + u16(bytes, at + 2);

/** Throws unless a frame's lengths and checksums are right; computed anew, from the bytes alone. */
function examine(frame: Uint8Array, ip: 4 | 6, protocol: 'tcp' | 'udp', linkBytes: number) {
  const network = frame.subarray(linkBytes);
  const headerBytes = ip === 4 ? 20 : 40;
  const transport = network.subarray(headerBytes);
  if (ip === 4) {
    expect(u16(network, 2)).toBe(network.length);
    expect(words(network.subarray(0, 20))).toBe(0xffff);
  } else {
    expect(u16(network, 4)).toBe(transport.length);
  }
  if (protocol === 'udp') expect(u16(transport, 4)).toBe(transport.length);
  const addresses = ip === 4 ? network.subarray(12, 20) : network.subarray(8, 40);
  const number = protocol === 'tcp' ? 6 : 17;
  const lengths = [0, number, transport.length >>> 8, transport.length & 0xff];
  expect(words([...addresses, ...lengths, ...transport])).toBe(0xffff);
  return { network, transport };
}

describe('checksum', () => {
  test('sums as the example of RFC 1071 does', () => {
    const bytes = Uint8Array.of(0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7);
    expect(fold(addToSum(0, bytes, 0, 8))).toBe(0xddf2);
    // An odd end counts as if a zero followed.
    expect(fold(addToSum(0, bytes, 0, 7))).toBe(0xddf2 - 0xf7);
  });
});

describe('segmentation', () => {
  const shapes = ([4, 6] as const).flatMap((ip) =>
    (['tcp', 'udp'] as const).flatMap((protocol) =>
      [false, true].map((vlan) => ({ ip, protocol, vlan })),
    ),
  );

  test.each(shapes)('IPv$ip $protocol, VLAN $vlan: every segment is a good packet', (shape) => {
    const payload = payloadOf(5000);
    const { bytes, offloads } = buildFrame({ ...shape, payload, gsoSize: 1448 });
    const before = bytes.slice();
    const frames = wireFrames(bytes, offloads);
    expect(bytes).toEqual(before);
    expect(frames.length).toBe(4);
    const linkBytes = shape.vlan ? 18 : 14;
    const carried = frames.map((frame, index) => {
      const { network, transport } = examine(frame, shape.ip, shape.protocol, linkBytes);
      // The identification began two below its end, the sequence number 256 below its.
      if (shape.ip === 4) expect(u16(network, 4)).toBe((0xfffe + index) & 0xffff);
      if (shape.protocol === 'tcp') {
        expect(u32(transport, 4)).toBe((0xffffff00 + index * 1448) % 2 ** 32);
      }
      return frame.subarray(offloads.headerLength);
    });
    expect(carried.map(({ length }) => length)).toEqual([1448, 1448, 1448, 656]);
    expect(Buffer.concat(carried)).toEqual(Buffer.from(payload));
  });

  test('FIN and PSH are the last segment’s, CWR the first one’s', () => {
    const all = { fin: 0x01, psh: 0x08, ack: 0x10, cwr: 0x80 };
    const tcpFlags = all.fin | all.psh | all.ack | all.cwr;
    const payload = payloadOf(3000);
    const { bytes, offloads } = buildFrame({
      ...{ ip: 4, protocol: 'tcp', payload, gsoSize: 1000, tcpFlags },
    });
    const flags = wireFrames(bytes, offloads).map((frame) => frame[14 + 20 + 13]);
    expect(flags).toEqual([all.ack | all.cwr, all.ack, all.ack | all.fin | all.psh]);
  });

  test('a frame that is not split gets its checksum, a plain one stays as it is', () => {
    const { bytes, offloads } = buildFrame({ ip: 6, protocol: 'tcp', payload: payloadOf(11) });
    const [frame, ...others] = wireFrames(bytes, offloads);
    expect(others).toEqual([]);
    examine(frame!, 6, 'tcp', 14);
    expect(wireFrames(bytes, plain)).toEqual([bytes]);
  });

  test('a UDP checksum of zero is sent as its other form', () => {
    // The payload is the complement of the sum of everything else, so all together is zero.
    const { bytes, offloads } = buildFrame({ ip: 4, protocol: 'udp', payload: new Uint8Array(2) });
    const sum = ~words(bytes.subarray(34)) & 0xffff;
    bytes.set([sum >>> 8, sum & 0xff], 42);
    expect(u16(wireFrames(bytes, offloads)[0]!, 40)).toBe(0xffff);
  });
});
