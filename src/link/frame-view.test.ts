// SPDX-License-Identifier: GPL-2.0-only

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { buildFrame, ethernetFrame, type BuiltFrame } from '../../test/helpers/frames.js';
import { FrameView } from './frame-view.js';

const place = { timeNs: 5, direction: 'forward', from: 'a.eth0', to: 'b.eth0' } as const;
const viewOf = (bytes: Uint8Array): FrameView => new FrameView(place, () => bytes);

describe('a frame’s view', () => {
  test.each([
    [4, 'tcp', false],
    [4, 'udp', true],
    [6, 'tcp', true],
    [6, 'udp', false],
  ] as const)('reads IPv%i, %s, with a VLAN tag: %s', (ip, protocol, vlan) => {
    const payload = Uint8Array.of(1, 2, 3);
    const view = viewOf(buildFrame({ ip, protocol, payload, vlan }).bytes);
    expect(view).toMatchObject({
      ...place,
      etherType: ip === 4 ? 0x0800 : 0x86dd,
      sourceMac: '02:00:00:00:00:01',
      destinationMac: '02:00:00:00:00:02',
      source: ip === 4 ? '192.0.2.1' : '2001:db8::1',
      destination: ip === 4 ? '192.0.2.2' : '2001:db8::2',
      protocol: protocol === 'tcp' ? 6 : 17,
      sourcePort: 1000,
      destinationPort: 2000,
    });
    expect([...view.payload]).toEqual([1, 2, 3]);
    expect(view.tcp).toEqual(
      protocol === 'udp'
        ? undefined
        : {
            ...{ sequence: 0xffffff00, acknowledgement: 1, window: 0xffff },
            ...{ syn: false, ack: true, fin: false, rst: false, psh: true },
          },
    );
  });

  test('reads no more than there is, and copies a frame only when it is looked at', () => {
    let reads = 0;
    const view = new FrameView(place, () => {
      reads++;
      return ethernetFrame(1, 2, 60);
    });
    expect([view.direction, view.timeNs, reads]).toEqual(['forward', 5, 0]);
    expect([view.lengthBytes, view.source, view.protocol, view.tcp]).toEqual([
      ...[60, undefined, undefined, undefined],
    ]);
    expect(reads).toBe(1);
  });

  test('knows who an ARP packet is from and for whom', () => {
    const bytes = ethernetFrame(1, 255, 60);
    bytes.set([0x08, 0x06, 0, 1, 8, 0, 6, 4, 0, 1], 12);
    bytes.set([192, 0, 2, 1], 28);
    bytes.set([192, 0, 2, 9], 38);
    expect(viewOf(bytes)).toMatchObject({ source: '192.0.2.1', destination: '192.0.2.9' });
  });

  test('finds a transport behind extension headers, and none in a later fragment', () => {
    const { bytes } = buildFrame({ ip: 6, protocol: 'udp', payload: Uint8Array.of(7) });
    const extended = new Uint8Array(bytes.length + 8);
    extended.set(bytes.subarray(0, 54));
    extended.set([17, 0, 1, 4, 0, 0, 0, 0], 54);
    extended.set(bytes.subarray(54), 62);
    extended[20] = 0;
    extended[19] = bytes[19]! + 8;
    expect(viewOf(extended)).toMatchObject({ protocol: 17, destinationPort: 2000 });
    // As a fragment header, of an offset that is not 0.
    extended[20] = 44;
    extended.set([17, 0, 0, 8], 54);
    expect(viewOf(extended)).toMatchObject({ protocol: undefined, destinationPort: undefined });
  });

  test('survives any bytes', () => {
    const frames = fc.oneof(
      fc.uint8Array({ minLength: 14, maxLength: 100 }),
      fc
        .tuple(
          fc.constantFrom<BuiltFrame>(
            buildFrame({ ip: 4, protocol: 'tcp', payload: new Uint8Array(20) }),
            buildFrame({ ip: 6, protocol: 'udp', payload: new Uint8Array(20) }),
          ),
          fc.array(fc.tuple(fc.nat(90), fc.nat(255)), { maxLength: 6 }),
          fc.integer({ min: 14, max: 100 }),
        )
        .map(([{ bytes }, changes, length]) => {
          const changed = bytes.slice(0, length);
          for (const [at, value] of changes) if (at < changed.length) changed[at] = value;
          return changed;
        }),
    );
    fc.assert(
      fc.property(frames, (bytes) => {
        const view = viewOf(bytes);
        const { source, destination, protocol, sourcePort, destinationPort, tcp, payload } = view;
        expect(payload.length).toBeLessThanOrEqual(bytes.length);
        expect([source === undefined, sourcePort === undefined]).toEqual([
          ...[destination === undefined, destinationPort === undefined],
        ]);
        if (tcp) expect(protocol).toBe(6);
      }),
      { numRuns: 2000, seed: 1 },
    );
  });
});
