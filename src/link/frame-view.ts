// SPDX-License-Identifier: GPL-2.0-only

/** A frame as rules and predicates see it: one segment as the wire carries it, read when asked for. */
import { formatIpv4, formatIpv6, formatMac } from '../ip-address.js';
import { readU16, readU32 } from './checksum.js';
import { etherTypes, macBytes, networkHeaderAt } from './ethernet.js';

/** Where a frame was seen. */
export interface FramePlace {
  readonly timeNs: number;
  /** From the link's first end to its second: forward. */
  readonly direction: 'forward' | 'backward';
  /** The labels of the ends that it comes from and goes to, e.g. "alice.eth0". */
  readonly from: string;
  readonly to: string;
}

/** The header of a TCP segment: RFC 9293, section 3.1. */
export interface TcpView {
  readonly sequence: number;
  readonly acknowledgement: number;
  readonly window: number;
  readonly syn: boolean;
  readonly ack: boolean;
  readonly fin: boolean;
  readonly rst: boolean;
  readonly psh: boolean;
}

const protocols = { tcp: 6, udp: 17 } as const;
const ipv6Extensions: readonly number[] = [0, 43, 60];

/** What is where in a packet. */
interface Layout {
  /** Addresses and their length; no length: there are none. */
  readonly sourceAt: number;
  readonly destinationAt: number;
  readonly addressBytes: 0 | 4 | 16;
  readonly protocol: number | undefined;
  /** Where the transport header begins, and the packet's end. */
  readonly transportAt: number;
  readonly endAt: number;
}

/** A frame as a rule sees it, read when it is asked for. */
export class FrameView implements FramePlace {
  readonly timeNs: number;
  readonly direction: 'forward' | 'backward';
  readonly from: string;
  readonly to: string;
  readonly #read: () => Uint8Array;
  #bytes: Uint8Array | undefined;
  #layout: Layout | undefined;

  /** `read` gives a copy of the frame; it is called once at most, and during the call that this is for. @internal */
  constructor(place: FramePlace, read: () => Uint8Array) {
    this.timeNs = place.timeNs;
    this.direction = place.direction;
    this.from = place.from;
    this.to = place.to;
    this.#read = read;
  }

  /** From the Ethernet header on, checksums done. */
  get bytes(): Uint8Array {
    this.#bytes ??= this.#read();
    return this.#bytes;
  }

  get lengthBytes(): number {
    return this.bytes.length;
  }

  /** Behind VLAN tags. */
  get etherType(): number {
    return readU16(this.bytes, networkHeaderAt(this.bytes) - 2);
  }

  get sourceMac(): string {
    return formatMac(this.bytes.subarray(macBytes, 2 * macBytes));
  }

  get destinationMac(): string {
    return formatMac(this.bytes.subarray(0, macBytes));
  }

  /** The sender's IP address, that of an ARP packet too; undefined when there is none. */
  get source(): string | undefined {
    const { sourceAt, addressBytes } = this.#packet;
    return this.#address(sourceAt, addressBytes);
  }

  /** The IP address that it is for, of an ARP packet the one that it asks for or tells. */
  get destination(): string | undefined {
    const { destinationAt, addressBytes } = this.#packet;
    return this.#address(destinationAt, addressBytes);
  }

  /** 6 is TCP, 17 UDP, 1 ICMP, 58 ICMPv6; undefined: no IP, or a fragment behind the first. */
  get protocol(): number | undefined {
    return this.#packet.protocol;
  }

  /** Of TCP and UDP. */
  get sourcePort(): number | undefined {
    return this.#hasPorts ? readU16(this.bytes, this.#packet.transportAt) : undefined;
  }

  get destinationPort(): number | undefined {
    return this.#hasPorts ? readU16(this.bytes, this.#packet.transportAt + 2) : undefined;
  }

  get tcp(): TcpView | undefined {
    const { protocol, transportAt, endAt } = this.#packet;
    if (protocol !== protocols.tcp || transportAt + 20 > endAt) return undefined;
    const flags = this.bytes[transportAt + 13]!;
    return {
      sequence: readU32(this.bytes, transportAt + 4),
      acknowledgement: readU32(this.bytes, transportAt + 8),
      window: readU16(this.bytes, transportAt + 14),
      fin: (flags & 0x01) !== 0,
      syn: (flags & 0x02) !== 0,
      rst: (flags & 0x04) !== 0,
      psh: (flags & 0x08) !== 0,
      ack: (flags & 0x10) !== 0,
    };
  }

  /** Where the header of IP or ARP begins. */
  get networkAt(): number {
    return networkHeaderAt(this.bytes);
  }

  /** Where the header behind IP's begins. */
  get transportAt(): number {
    return this.#packet.transportAt;
  }

  /** What is behind the header of TCP or UDP; of other packets, behind the IP header. */
  get payload(): Uint8Array {
    const { protocol, transportAt, endAt } = this.#packet;
    let from = transportAt;
    if (protocol === protocols.udp) from += 8;
    if (protocol === protocols.tcp) from += (this.bytes[transportAt + 12]! >>> 4) * 4;
    return this.bytes.subarray(Math.min(from, endAt), endAt);
  }

  get #hasPorts(): boolean {
    const { protocol, transportAt, endAt } = this.#packet;
    const known = protocol === protocols.tcp || protocol === protocols.udp;
    return known && transportAt + 4 <= endAt;
  }

  get #packet(): Layout {
    this.#layout ??= layoutOf(this.bytes);
    return this.#layout;
  }

  #address(at: number, length: 0 | 4 | 16): string | undefined {
    if (length === 0) return undefined;
    return length === 4 ? formatIpv4(this.bytes, at) : formatIpv6(this.bytes, at);
  }
}

function layoutOf(bytes: Uint8Array): Layout {
  const at = networkHeaderAt(bytes);
  const etherType = readU16(bytes, at - 2);
  if (etherType === etherTypes.ipv4 && bytes.length >= at + 20) return ipv4Layout(bytes, at);
  if (etherType === etherTypes.ipv6 && bytes.length >= at + 40) return ipv6Layout(bytes, at);
  const isArp = etherType === etherTypes.arp && bytes.length >= at + 28;
  return {
    sourceAt: at + 14,
    destinationAt: at + 24,
    addressBytes: isArp ? 4 : 0,
    protocol: undefined,
    transportAt: at,
    endAt: bytes.length,
  };
}

function ipv4Layout(bytes: Uint8Array, at: number): Layout {
  const isFirstFragment = (readU16(bytes, at + 6) & 0x1fff) === 0;
  return {
    sourceAt: at + 12,
    destinationAt: at + 16,
    addressBytes: 4,
    protocol: isFirstFragment ? bytes[at + 9]! : undefined,
    transportAt: at + (bytes[at]! & 0x0f) * 4,
    // A short frame is padded.
    endAt: Math.min(bytes.length, at + readU16(bytes, at + 2)),
  };
}

function ipv6Layout(bytes: Uint8Array, at: number): Layout {
  const endAt = Math.min(bytes.length, at + 40 + readU16(bytes, at + 4));
  let protocol: number | undefined = bytes[at + 6];
  let transportAt = at + 40;
  while (ipv6Extensions.includes(protocol!) && transportAt + 8 <= endAt) {
    protocol = bytes[transportAt]!;
    transportAt += (bytes[transportAt + 1]! + 1) * 8;
  }
  if (protocol === 44 && transportAt + 8 <= endAt) {
    const isFirstFragment = (readU16(bytes, transportAt + 2) & 0xfff8) === 0;
    protocol = isFirstFragment ? bytes[transportAt]! : undefined;
    transportAt += 8;
  }
  return {
    ...{ sourceAt: at + 8, destinationAt: at + 24, addressBytes: 16 as const },
    ...{ protocol, transportAt, endAt },
  };
}
