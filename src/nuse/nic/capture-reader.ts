// SPDX-License-Identifier: GPL-2.0-only

/** Reads frames from captures: pcap of either byte order, in µs or ns, and pcapng. Ethernet only. */
import { readFileSync } from 'node:fs';

export interface CapturedFrame {
  /** From the capture's epoch; whole. */
  readonly timeNs: number;
  readonly bytes: Uint8Array;
}

const pcapMagic = { micro: 0xa1b2c3d4, nano: 0xa1b23c4d } as const;
const pcapHeaderBytes = 24;
const pcapRecordBytes = 16;
const ethernet = 1;
const blocks = { section: 0x0a0d0d0a, interface: 1, simple: 3, enhanced: 6 } as const;
/** What a block of each kind has at least. */
const blockBytesMin: Readonly<Record<number, number>> = {
  [blocks.section]: 28,
  [blocks.interface]: 20,
  [blocks.simple]: 16,
  [blocks.enhanced]: 32,
};
const byteOrderMagic = 0x1a2b3c4d;
const resolutionOption = 9;
const offsetOption = 14;

/** All frames of a file. Throws an Error that says what is wrong with it. */
export function readCapture(path: string): CapturedFrame[] {
  const bytes = readFileSync(path);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.length < pcapHeaderBytes) throw new Error('it is too short for a capture');
  if (view.getUint32(0, true) === blocks.section) return readPcapng(view);
  for (const little of [true, false]) {
    const magic = view.getUint32(0, little);
    if (magic === pcapMagic.micro || magic === pcapMagic.nano) {
      return readPcap(view, little, magic === pcapMagic.micro ? 1000 : 1);
    }
  }
  throw new Error('it is neither pcap nor pcapng');
}

function readPcap(view: DataView, little: boolean, fractionNs: number): CapturedFrame[] {
  checkLinkType(view.getUint32(20, little) & 0xffff);
  const frames: CapturedFrame[] = [];
  let at = pcapHeaderBytes;
  while (at + pcapRecordBytes <= view.byteLength) {
    const seconds = view.getUint32(at, little);
    const fraction = view.getUint32(at + 4, little);
    const length = view.getUint32(at + 8, little);
    at += pcapRecordBytes;
    frames.push({
      timeNs: seconds * 1e9 + fraction * fractionNs,
      bytes: slice(view, at, length),
    });
    at += length;
  }
  return frames;
}

interface CaptureInterface {
  readonly unitsPerSecond: number;
  readonly offsetSeconds: number;
}

function readPcapng(view: DataView): CapturedFrame[] {
  const frames: CapturedFrame[] = [];
  let interfaces: CaptureInterface[] = [];
  let little = true;
  for (let at = 0; at + 12 <= view.byteLength;) {
    const type = view.getUint32(at, little);
    if (type === blocks.section) {
      little = view.getUint32(at + 8, true) === byteOrderMagic;
      interfaces = [];
    }
    const length = view.getUint32(at + 4, little);
    if (length < (blockBytesMin[type] ?? 12) || length % 4 !== 0 || at + length > view.byteLength) {
      throw new Error(`the block at byte ${at} is cut off or has a wrong length`);
    }
    if (type === blocks.interface) interfaces.push(readInterface(view, little, at, length));
    if (type === blocks.enhanced) frames.push(readEnhanced(view, little, at, interfaces));
    if (type === blocks.simple) {
      const lengthBytes = Math.min(view.getUint32(at + 8, little), length - 16);
      frames.push({ timeNs: frames.at(-1)?.timeNs ?? 0, bytes: slice(view, at + 12, lengthBytes) });
    }
    at += length;
  }
  return frames;
}

function readInterface(
  view: DataView,
  little: boolean,
  at: number,
  length: number,
): CaptureInterface {
  checkLinkType(view.getUint16(at + 8, little));
  let unitsPerSecond = 1e6;
  let offsetSeconds = 0;
  for (let option = at + 16; option + 4 <= at + length - 4;) {
    const code = view.getUint16(option, little);
    const size = view.getUint16(option + 2, little);
    if (code === 0 || option + 4 + size > at + length - 4) break;
    if (code === resolutionOption && size >= 1) {
      const value = view.getUint8(option + 4);
      unitsPerSecond = value >= 0x80 ? 2 ** (value & 0x7f) : 10 ** value;
    }
    if (code === offsetOption && size >= 8)
      offsetSeconds = Number(view.getBigInt64(option + 4, little));
    option += 4 + ((size + 3) & ~3);
  }
  return { unitsPerSecond, offsetSeconds };
}

function readEnhanced(
  view: DataView,
  little: boolean,
  at: number,
  interfaces: readonly CaptureInterface[],
): CapturedFrame {
  const from = interfaces[view.getUint32(at + 8, little)];
  if (!from) throw new Error(`the packet at byte ${at} is of an interface that is not there`);
  const units = view.getUint32(at + 12, little) * 2 ** 32 + view.getUint32(at + 16, little);
  const length = view.getUint32(at + 20, little);
  const timeNs = from.offsetSeconds * 1e9 + Math.round((units / from.unitsPerSecond) * 1e9);
  return { timeNs, bytes: slice(view, at + 28, length) };
}

function checkLinkType(type: number): void {
  if (type === ethernet) return;
  throw new Error(`its frames are of link type ${type}, and only Ethernet (1) can be replayed`);
}

function slice(view: DataView, at: number, length: number): Uint8Array {
  if (at + length > view.byteLength) throw new Error(`the frame at byte ${at} is cut off`);
  return new Uint8Array(view.buffer, view.byteOffset + at, length);
}
