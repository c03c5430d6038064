// SPDX-License-Identifier: GPL-2.0-only
/**
 * Text forms of network addresses: IPv4, IPv6 (RFC 5952), prefixes and Ethernet. Used by every codec that shows
 * an address; throws TypeError for text that is none.
 */
/** An IPv4 address as one number, or -1 when the text is no dotted quad. Sending calls it each time. */
export function ipv4Number(text: string): number {
  let address = 0;
  let part = -1;
  let dots = 0;
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (digit >= 0 && digit <= 9) {
      // A leading zero is no decimal number: some read it as octal.
      if (part === 0) return -1;
      part = part < 0 ? digit : part * 10 + digit;
      if (part > 255) return -1;
    } else {
      if (text[i] !== '.' || part < 0 || ++dots > 3) return -1;
      address = address * 256 + part;
      part = -1;
    }
  }
  return dots === 3 && part >= 0 ? address * 256 + part : -1;
}

/** Four bytes, or undefined when the text is no dotted quad. */
export function tryParseIpv4(text: string): Uint8Array | undefined {
  const address = ipv4Number(text);
  if (address < 0) return undefined;
  return Uint8Array.of(address >>> 24, address >>> 16, address >>> 8, address);
}

/** Sixteen bytes, or undefined when the text is no IPv6 address (without zone). In one pass: starts call it often. */
export function tryParseIpv6(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(16);
  /** Where the next group goes, and where `::` stood. */
  let at = 0;
  let gap = -1;
  let i = 0;
  if (text.startsWith('::')) {
    gap = 0;
    i = 2;
  }
  while (i < text.length) {
    const start = i;
    let value = 0;
    for (let digit = hexDigit(text, i); digit >= 0; digit = hexDigit(text, ++i)) {
      value = value * 16 + digit;
    }
    // An embedded IPv4 address stands at the very end only.
    const isQuad = text[i] === '.';
    if (isQuad) {
      value = ipv4Number(text.slice(start));
      if (value < 0 || at > 12) return undefined;
      bytes[at++] = value >>> 24;
      bytes[at++] = value >>> 16;
      i = text.length;
    } else if (i === start || i > start + 4 || at > 14) {
      return undefined;
    }
    bytes[at++] = value >>> 8;
    bytes[at++] = value;
    if (i === text.length) break;
    if (text[i++] !== ':' || i === text.length) return undefined;
    if (text[i] !== ':') continue;
    if (gap >= 0) return undefined;
    gap = at;
    i++;
  }
  if (gap < 0) return at === 16 ? bytes : undefined;
  if (at > 14) return undefined;
  const tail = at - gap;
  bytes.copyWithin(16 - tail, gap, at);
  return bytes.fill(0, gap, 16 - tail);
}

/** The digit's value, or -1. */
function hexDigit(text: string, at: number): number {
  const code = text.charCodeAt(at);
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const letter = code | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x61 + 10 : -1;
}

/** 4 when the text is an IPv4 address, 6 for IPv6, 0 for anything else. */
export function ipVersion(text: string): 0 | 4 | 6 {
  if (tryParseIpv4(text) !== undefined) return 4;
  return tryParseIpv6(text) === undefined ? 0 : 6;
}

export function parseIpv4(text: string): Uint8Array {
  const bytes = tryParseIpv4(text);
  if (bytes === undefined) throw new TypeError(`“${text}” is not an IPv4 address`);
  return bytes;
}

export function parseIpv6(text: string): Uint8Array {
  const bytes = tryParseIpv6(text);
  if (bytes === undefined) throw new TypeError(`“${text}” is not an IPv6 address`);
  return bytes;
}

/** Bytes of an address of either version. */
export function parseIp(text: string): Uint8Array {
  const bytes = tryParseIpv4(text) ?? tryParseIpv6(text);
  if (bytes === undefined) throw new TypeError(`“${text}” is not an IP address`);
  return bytes;
}

/** An address with the length of its network part: "10.0.0.1/24". */
export interface Prefix {
  readonly address: string;
  readonly bytes: Uint8Array;
  readonly version: 4 | 6;
  readonly prefixLength: number;
}

/** `10.0.0.0/8`, `fd00::/64`; an address alone is a prefix of its full length. */
export function parsePrefix(text: string): Prefix {
  const slash = text.indexOf('/');
  const address = slash < 0 ? text : text.slice(0, slash);
  const bytes = parseIp(address);
  const maximum = bytes.length * 8;
  const length = slash < 0 ? String(maximum) : text.slice(slash + 1);
  if (!/^\d{1,3}$/.test(length) || Number(length) > maximum) {
    throw new TypeError(`“${text}” has no prefix length from 0 to ${maximum}`);
  }
  return { address, bytes, version: bytes.length === 4 ? 4 : 6, prefixLength: Number(length) };
}

/** From `bytes[at]` on; no copy. */
export function formatIpv4(bytes: Uint8Array, at = 0): string {
  return `${bytes[at]!}.${bytes[at + 1]!}.${bytes[at + 2]!}.${bytes[at + 3]!}`;
}

/** RFC 5952: lower case, the longest run of zeros shortened, IPv4-mapped addresses with their dotted quad. */
export function formatIpv6(bytes: Uint8Array, at = 0): string {
  const words: number[] = [];
  for (let i = 0; i < 8; i++) words.push((bytes[at + 2 * i]! << 8) | bytes[at + 2 * i + 1]!);
  if (words[5] === 0xffff && words.every((word, i) => i >= 5 || word === 0)) {
    return `::ffff:${formatIpv4(bytes, at + 12)}`;
  }
  const [start, length] = longestZeros(words);
  const hex = (list: readonly number[]): string => list.map((word) => word.toString(16)).join(':');
  if (length < 2) return hex(words);
  return `${hex(words.slice(0, start))}::${hex(words.slice(start + length))}`;
}

function longestZeros(words: readonly number[]): [start: number, length: number] {
  let best: [number, number] = [0, 0];
  let start = 0;
  for (let i = 0; i <= words.length; i++) {
    if (words[i] === 0) continue;
    if (i - start > best[1]) best = [start, i - start];
    start = i + 1;
  }
  return best;
}

/** By length: 4 or 16 bytes. */
export function formatIp(bytes: Uint8Array): string {
  if (bytes.length === 4) return formatIpv4(bytes);
  if (bytes.length === 16) return formatIpv6(bytes);
  throw new TypeError(`${bytes.length} bytes are not an IP address`);
}

/** `02:00:00:00:00:01`; also with dashes. */
export function parseMac(text: string): Uint8Array {
  const parts = text.split(/[:-]/);
  if (parts.length !== 6 || parts.some((part) => !/^[0-9a-f]{1,2}$/i.test(part))) {
    throw new TypeError(`“${text}” is not an Ethernet address`);
  }
  return Uint8Array.from(parts, (part) => Number.parseInt(part, 16));
}

/** Hexadecimal pairs with colons, of a hardware address of any length. */
export function formatMac(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(':');
}
