// SPDX-License-Identifier: GPL-2.0-only

/**
 * A frame under construction: layers are written from the outside in, then changed, and at the end lengths and
 * checksums are filled in from the inside out, so that what was changed arrives at the code that reads it.
 */
import { addToSum, fold, writeU16 } from '../../../src/link/checksum.js';

const bytesMax = 4096;

/** What `finish` fills in. */
type Layer =
  'ipv4' | 'ipv6' | 'tcp' | 'udp' | 'udplite' | 'icmp' | 'icmpv6' | 'dccp' | 'sctp' | 'gre';

interface LayerAt {
  readonly layer: Layer;
  readonly at: number;
  /** The IP header around it. */
  readonly ip: LayerAt | undefined;
  /** Where it ends; undefined: with the frame. */
  end: number | undefined;
}

/** Where a layer's checksum lies in its header. */
const checksumAt: Readonly<Partial<Record<Layer, number>>> = {
  tcp: 16,
  udp: 6,
  udplite: 6,
  icmp: 2,
  icmpv6: 2,
  dccp: 6,
};
const protocolNumber: Readonly<Partial<Record<Layer, number>>> = {
  tcp: 6,
  udp: 17,
  udplite: 136,
  icmpv6: 58,
  dccp: 33,
};

export class Packet {
  readonly bytes = new Uint8Array(bytesMax);
  length = 0;
  readonly #layers: LayerAt[] = [];
  #ip: LayerAt | undefined;

  /** Begins anew. */
  reset(): this {
    this.length = 0;
    this.#layers.length = 0;
    this.#ip = undefined;
    return this;
  }

  u8(...values: readonly number[]): this {
    for (const value of values) if (this.length < bytesMax) this.bytes[this.length++] = value;
    return this;
  }

  u16(...values: readonly number[]): this {
    for (const value of values) this.u8(value >>> 8, value);
    return this;
  }

  u32(...values: readonly number[]): this {
    for (const value of values) this.u8(value >>> 24, value >>> 16, value >>> 8, value);
    return this;
  }

  raw(bytes: Uint8Array): this {
    const fitting = bytes.subarray(0, bytesMax - this.length);
    this.bytes.set(fitting, this.length);
    this.length += fitting.length;
    return this;
  }

  zeros(count: number): this {
    const end = Math.min(bytesMax, this.length + count);
    this.bytes.fill(0, this.length, end);
    this.length = end;
    return this;
  }

  /** From here on, or from there, a layer that `finish` completes. */
  begin(layer: Layer, at = this.length): this {
    const begun = { layer, at, ip: this.#ip, end: undefined };
    this.#layers.push(begun);
    if (layer === 'ipv4' || layer === 'ipv6') this.#ip = begun;
    return this;
  }

  /** For `close`: the layers up to here go on. */
  mark(): number {
    return this.#layers.length;
  }

  /** The layers since the mark end here: what comes is a trailer of the layers before. */
  close(mark: number): void {
    for (const layer of this.#layers.slice(mark)) layer.end ??= this.length;
    const before = this.#layers.slice(0, mark).reverse();
    this.#ip = before.find(({ layer }) => layer === 'ipv4' || layer === 'ipv6');
  }

  /** The IP header that the next layer will be in, without options or extension headers; a view. */
  get innermostHeader(): { readonly version: 4 | 6; readonly bytes: Uint8Array } | undefined {
    if (!this.#ip) return undefined;
    const { layer, at } = this.#ip;
    const version = layer === 'ipv4' ? 4 : 6;
    return { version, bytes: this.bytes.subarray(at, at + (version === 4 ? 20 : 40)) };
  }

  /** Where the outermost IP header begins; the end of the frame when there is none. */
  get networkAt(): number {
    const outer = this.#layers.find(({ layer }) => layer === 'ipv4' || layer === 'ipv6');
    return outer?.at ?? Math.min(14, this.length);
  }

  /** Where what the outermost IP header carries begins. */
  get transportAt(): number {
    const at = this.networkAt;
    const outer = this.#layers.find((layer) => layer.at === at);
    if (outer === undefined) return at;
    const bytes = outer.layer === 'ipv6' ? 40 : (this.bytes[at]! & 15) * 4;
    return Math.min(at + bytes, this.length);
  }

  /** Fills in lengths and checksums. */
  finish(): void {
    for (let i = this.#layers.length - 1; i >= 0; i--) this.#complete(this.#layers[i]!);
  }

  #complete({ layer, at, ip, end: closedAt }: LayerAt): void {
    const { bytes } = this;
    const length = Math.min(this.length, closedAt ?? this.length);
    const size = length - at;
    if (size < 8) return;
    switch (layer) {
      case 'ipv4': {
        writeU16(bytes, at + 2, size);
        writeU16(bytes, at + 10, 0);
        const end = Math.min(length, at + (bytes[at]! & 15) * 4);
        writeU16(bytes, at + 10, ~fold(addToSum(0, bytes, at, end)));
        return;
      }
      case 'ipv6':
        writeU16(bytes, at + 4, Math.max(0, size - 40));
        return;
      case 'sctp': {
        if (size < 12) return;
        bytes.fill(0, at + 8, at + 12);
        const crc = crc32c(bytes, at, length);
        new DataView(bytes.buffer).setUint32(at + 8, crc, true);
        return;
      }
      case 'gre':
        if ((bytes[at]! & 0x80) === 0) return;
        writeU16(bytes, at + 4, 0);
        writeU16(bytes, at + 4, ~fold(addToSum(0, bytes, at, length)));
        return;
      case 'udp':
        writeU16(bytes, at + 4, size);
        break;
      case 'udplite':
        writeU16(bytes, at + 4, 0);
        break;
      case 'tcp':
      case 'icmp':
      case 'icmpv6':
      case 'dccp':
        break;
    }
    const sumAt = at + checksumAt[layer]!;
    if (sumAt + 2 > length) return;
    writeU16(bytes, sumAt, 0);
    const pseudo = ip === undefined || layer === 'icmp' ? 0 : this.#pseudoHeader(layer, ip, size);
    const sum = ~fold(addToSum(pseudo, bytes, at, length)) & 0xffff;
    writeU16(bytes, sumAt, sum === 0 ? 0xffff : sum);
  }

  #pseudoHeader(layer: Layer, ip: LayerAt, size: number): number {
    const [from, to] = ip.layer === 'ipv4' ? [12, 20] : [8, 40];
    const addresses = addToSum(0, this.bytes, ip.at + from, ip.at + to);
    return addresses + (protocolNumber[layer] ?? 0) + size;
  }
}

const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  return crc;
});

/** CRC-32C, SCTP's checksum (RFC 9260, appendix A). */
export function crc32c(bytes: Uint8Array, from: number, to: number): number {
  let crc = 0xffffffff;
  for (let at = from; at < to; at++) crc = (crc >>> 8) ^ crcTable[(crc ^ bytes[at]!) & 0xff]!;
  return ~crc >>> 0;
}
