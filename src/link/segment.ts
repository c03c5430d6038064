// SPDX-License-Identifier: GPL-2.0-only

/**
 * What a NIC's hardware does last: splits a frame that TCP or UDP segmentation offload left whole, and completes
 * checksums. Wires use it on headers in kernel memory, captures on copies. It trusts the offload fields, which
 * Linux fills in, and so never searches for a transport header.
 */
import { LIB_FRAME, LIB_GSO, type FrameOffloads } from '../host/index.js';
import { addToSum, fold, readU16, writeU16 } from './checksum.js';
import { etherTypes, networkHeaderAt } from './ethernet.js';

const tcp = { sequence: 4, flags: 13, checksum: 16, fin: 0x01, psh: 0x08, cwr: 0x80 } as const;
const udpLengthAt = 4;

/** How many frames a frame is on a wire. @internal */
export function segmentCount(frameLength: number, offloads: FrameOffloads): number {
  if (offloads.gsoSize === 0) return 1;
  const payload = frameLength - offloads.headerLength;
  return Math.max(1, Math.ceil(payload / offloads.gsoSize));
}

/** Payload bytes of segment `index`. */
export function segmentPayload(
  frameLength: number,
  offloads: FrameOffloads,
  index: number,
): number {
  const rest = frameLength - offloads.headerLength - index * offloads.gsoSize;
  return Math.min(rest, offloads.gsoSize);
}

/** The length of segment `index`, headers included; of a frame that is not split, its own. */
export function segmentLength(frameLength: number, offloads: FrameOffloads, index: number): number {
  if (offloads.gsoSize === 0) return frameLength;
  return offloads.headerLength + segmentPayload(frameLength, offloads, index);
}

/**
 * Turns a copy of a whole frame's headers into those of segment `index` of `count`. The transport checksum stays
 * what it was: the pseudo header's sum, now with the segment's length.
 */
export function rewriteHeaders(
  header: Uint8Array,
  frameLength: number,
  offloads: FrameOffloads,
  index: number,
  count: number,
): void {
  const { csumStart, csumOffset, gsoSize, gsoType, headerLength } = offloads;
  const payload = segmentPayload(frameLength, offloads, index);
  const transportLength = headerLength - csumStart + payload;
  rewriteNetworkHeader(header, headerLength + payload, index);
  if (gsoType === LIB_GSO.UDP_L4) {
    writeU16(header, csumStart + udpLengthAt, transportLength);
  } else {
    const sequenceAt = csumStart + tcp.sequence;
    const sequence =
      readU16(header, sequenceAt) * 0x10000 + readU16(header, sequenceAt + 2) + index * gsoSize;
    writeU16(header, sequenceAt, (sequence / 0x10000) & 0xffff);
    writeU16(header, sequenceAt + 2, sequence % 0x10000);
    let cleared = 0;
    if (index > 0) cleared |= tcp.cwr;
    if (index < count - 1) cleared |= tcp.fin | tcp.psh;
    header[csumStart + tcp.flags]! &= ~cleared;
  }
  const checksumAt = csumStart + csumOffset;
  const wholeLength = frameLength - csumStart;
  const sum = readU16(header, checksumAt) + (~wholeLength & 0xffff) + transportLength;
  writeU16(header, checksumAt, fold(sum));
}

function rewriteNetworkHeader(header: Uint8Array, lengthBytes: number, index: number): void {
  const at = networkHeaderAt(header);
  const etherType = readU16(header, at - 2);
  if (etherType === etherTypes.ipv6) {
    writeU16(header, at + 4, lengthBytes - at - 40);
    return;
  }
  if (etherType !== etherTypes.ipv4) {
    throw new Error(`segment: a frame of type 0x${etherType.toString(16)} cannot be split`);
  }
  const headerEnd = at + (header[at]! & 0x0f) * 4;
  writeU16(header, at + 2, lengthBytes - at);
  writeU16(header, at + 4, (readU16(header, at + 4) + index) & 0xffff);
  writeU16(header, at + 10, 0);
  writeU16(header, at + 10, ~fold(addToSum(0, header, at, headerEnd)) & 0xffff);
}

/** Puts the transport checksum that Linux left to the device into a frame that is one segment. @internal */
export function completeChecksum(frame: Uint8Array, offloads: FrameOffloads): void {
  if ((offloads.flags & LIB_FRAME.NEEDS_CSUM) === 0) return;
  const { csumStart, csumOffset } = offloads;
  const sum = ~fold(addToSum(0, frame, csumStart, frame.length)) & 0xffff;
  // 0 says "no checksum" in UDP; the other zero is as good everywhere.
  writeU16(frame, csumStart + csumOffset, sum === 0 ? 0xffff : sum);
}

/** Fills `target` with bytes of a frame, from `fromByte` on. */
export type FrameReader = (fromByte: number, target: Uint8Array) => void;

/** A frame's bytes as a wire carries them: split, with all checksums. @internal */
export function wireFrames(frame: Uint8Array, offloads: FrameOffloads): Uint8Array[] {
  const count = segmentCount(frame.length, offloads);
  const read: FrameReader = (fromByte, target) =>
    target.set(frame.subarray(fromByte, fromByte + target.length));
  return Array.from({ length: count }, (_, index) =>
    wireFrame(read, frame.length, offloads, index, count),
  );
}

/** Segment `index` of `count`. */
export function wireFrame(
  read: FrameReader,
  frameLength: number,
  offloads: FrameOffloads,
  index: number,
  count: number,
): Uint8Array {
  const { headerLength, gsoSize } = offloads;
  const segment = new Uint8Array(segmentLength(frameLength, offloads, index));
  if (gsoSize === 0) {
    read(0, segment);
  } else {
    read(0, segment.subarray(0, headerLength));
    read(headerLength + index * gsoSize, segment.subarray(headerLength));
    rewriteHeaders(segment, frameLength, offloads, index, count);
  }
  completeChecksum(segment, offloads);
  return segment;
}
