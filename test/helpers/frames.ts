// SPDX-License-Identifier: GPL-2.0-only

/** Ethernet frames for tests, as Linux hands them to a device with offloads. */
import { LIB_FRAME, LIB_GSO, type FrameOffloads } from '../../src/host/index.js';

export const plain: FrameOffloads = {
  csumStart: 0,
  csumOffset: 0,
  gsoSize: 0,
  headerLength: 0,
  gsoType: 0,
  flags: 0,
};

export interface BuiltFrame {
  readonly bytes: Uint8Array;
  readonly offloads: FrameOffloads;
}

interface FrameShape {
  readonly ip: 4 | 6;
  readonly protocol: 'tcp' | 'udp';
  readonly payload: Uint8Array;
  readonly gsoSize?: number;
  readonly vlan?: boolean;
  readonly tcpFlags?: number;
}

const addresses = {
  4: [
    [192, 0, 2, 1],
    [192, 0, 2, 2],
  ],
  6: [
    [0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
    [0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2],
  ],
} as const;

export const words = (bytes: ArrayLike<number>): number => {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) sum += bytes[at]! * 256 + (bytes[at + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return sum;
};

const u16 = (value: number): number[] => [value >>> 8, value & 0xff];

/** A frame whose transport checksum is left to the device. */
export function buildFrame(shape: FrameShape): BuiltFrame {
  const { ip, protocol, payload, gsoSize = 0, vlan = false, tcpFlags = 0x18 } = shape;
  const isTcp = protocol === 'tcp';
  const number = isTcp ? 6 : 17;
  const transportLength = (isTcp ? 20 : 8) + payload.length;
  const [source, destination] = addresses[ip];
  const pseudo = words([...source, ...destination, ...u16(number), ...u16(transportLength)]);
  const ethernet = [
    ...[0x02, 0, 0, 0, 0, 2, 0x02, 0, 0, 0, 0, 1],
    ...(vlan ? [0x81, 0, 0, 42] : []),
    ...(ip === 4 ? [0x08, 0x00] : [0x86, 0xdd]),
  ];
  const network = ip === 4 ? ipv4(20 + transportLength, number) : ipv6(transportLength, number);
  const transport = isTcp
    ? // Ports, sequence (about to wrap), acknowledgement, offset, flags, window, checksum, urgent.
      [
        ...[...u16(1000), ...u16(2000), 0xff, 0xff, 0xff, 0x00, 0, 0, 0, 1],
        ...[0x50, tcpFlags, 0xff, 0xff, ...u16(pseudo), 0, 0],
      ]
    : [...u16(1000), ...u16(2000), ...u16(transportLength), ...u16(pseudo)];
  const headers = [...ethernet, ...network, ...transport];
  const csumStart = ethernet.length + network.length;
  const tcpType = ip === 4 ? LIB_GSO.TCPV4 : LIB_GSO.TCPV6;
  return {
    bytes: Uint8Array.from([...headers, ...payload]),
    offloads: {
      csumStart,
      csumOffset: isTcp ? 16 : 6,
      gsoSize,
      headerLength: gsoSize === 0 ? 0 : headers.length,
      gsoType: gsoSize === 0 ? LIB_GSO.NONE : isTcp ? tcpType : LIB_GSO.UDP_L4,
      flags: LIB_FRAME.NEEDS_CSUM,
    },
  };
}

function ipv4(length: number, protocol: number): number[] {
  const [source, destination] = addresses[4];
  const header = [0x45, 0, ...u16(length), 0xff, 0xfe, 0x40, 0, 64, protocol, 0, 0];
  const whole = [...header, ...source, ...destination];
  const sum = ~words(whole) & 0xffff;
  return [...whole.slice(0, 10), ...u16(sum), ...whole.slice(12)];
}

function ipv6(length: number, protocol: number): number[] {
  const [source, destination] = addresses[6];
  return [0x60, 0, 0, 0, ...u16(length), protocol, 64, ...source, ...destination];
}

/** A frame from one Ethernet address to another, by the last byte of each; 255 is everybody. */
export function ethernetFrame(from: number, to: number, lengthBytes = 100): Uint8Array {
  const bytes = new Uint8Array(lengthBytes);
  bytes.set(to === 255 ? [255, 255, 255, 255, 255, 255] : [2, 0, 0, 0, 0, to]);
  bytes.set([2, 0, 0, 0, 0, from], 6);
  bytes.set([0x88, 0xb5], 12);
  return bytes;
}
