// SPDX-License-Identifier: GPL-2.0-only

/** The TCP segments that a middlebox forges to end a connection, out of one that it saw (RFC 9293, 3.10.7). */
import { addToSum, fold, type FrameView } from '../link/index.js';

const flags = { rst: 0x04, ack: 0x10 } as const;
const tcpHeaderBytes = 20;

interface ForgedSegment {
  readonly sequence: number;
  readonly acknowledgement: number;
  readonly flags: number;
  /** From the receiver of the segment that was seen, to its sender. */
  readonly isReply: boolean;
}

/** What ends the connection at both ends: each sees the very number that it expects next. */
export function resetsFor(frame: FrameView): { toReceiver: Uint8Array; toSender: Uint8Array } {
  const { sequence, acknowledgement } = frame.tcp!;
  const reset = { acknowledgement: 0, flags: flags.rst };
  return {
    toReceiver: forge(frame, { ...reset, sequence, isReply: false }),
    toSender: forge(frame, { ...reset, sequence: acknowledgement, isReply: true }),
  };
}

/** The answer to a SYN where nobody listens. */
export function refuse(frame: FrameView): Uint8Array {
  const acknowledgement = (frame.tcp!.sequence + 1 + frame.payload.length) % 2 ** 32;
  return forge(frame, {
    ...{ sequence: 0, acknowledgement, flags: flags.rst | flags.ack, isReply: true },
  });
}

/** A segment without options or data, in a frame with the headers of the one that was seen. */
function forge(frame: FrameView, segment: ForgedSegment): Uint8Array {
  const seen = frame.bytes;
  const { networkAt, transportAt } = frame;
  const bytes = seen.slice(0, transportAt + tcpHeaderBytes);
  const view = new DataView(bytes.buffer);
  const isIpv6 = seen[networkAt]! >>> 4 === 6;
  const [sourceAt, addressBytes] = isIpv6 ? [networkAt + 8, 16] : [networkAt + 12, 4];
  if (segment.isReply) {
    swap(bytes, 0, 6);
    swap(bytes, sourceAt, addressBytes);
    swap(bytes, transportAt, 2);
  }
  view.setUint32(transportAt + 4, segment.sequence);
  view.setUint32(transportAt + 8, segment.acknowledgement);
  bytes.set([(tcpHeaderBytes / 4) << 4, segment.flags, 0, 0, 0, 0, 0, 0], transportAt + 12);
  const lengthBytes = bytes.length - networkAt;
  if (isIpv6) view.setUint16(networkAt + 4, lengthBytes - 40);
  else {
    view.setUint16(networkAt + 2, lengthBytes);
    view.setUint16(networkAt + 10, 0);
    view.setUint16(networkAt + 10, checksum(bytes, networkAt, transportAt, 0));
  }
  const pseudo = addToSum(0, bytes, sourceAt, sourceAt + 2 * addressBytes) + 6 + tcpHeaderBytes;
  view.setUint16(transportAt + 16, checksum(bytes, transportAt, bytes.length, pseudo));
  return bytes;
}

function swap(bytes: Uint8Array, at: number, length: number): void {
  const first = bytes.slice(at, at + length);
  bytes.copyWithin(at, at + length, at + 2 * length);
  bytes.set(first, at + length);
}

function checksum(bytes: Uint8Array, from: number, to: number, initial: number): number {
  return ~fold(addToSum(initial, bytes, from, to)) & 0xffff;
}
