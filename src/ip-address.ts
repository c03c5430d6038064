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

/** Sixteen bytes, or undefined when the text is no IPv6 address (without zone). */
export function tryParseIpv6(text: string): Uint8Array | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const head = groups(halves[0]!);
  const tail = halves.length === 2 ? groups(halves[1]!) : [];
  if (head === undefined || tail === undefined) return undefined;
  const missing = 16 - head.length - tail.length;
  if (halves.length === 2 ? missing < 2 : missing !== 0) return undefined;
  // An embedded IPv4 address stands at the very end only.
  if (halves.length === 2 && halves[0]!.includes('.')) return undefined;
  return Uint8Array.from([...head, ...new Array<number>(missing).fill(0), ...tail]);
}

function groups(text: string): number[] | undefined {
  if (text === '') return [];
  const out: number[] = [];
  const parts = text.split(':');
  for (const [index, part] of parts.entries()) {
    if (index === parts.length - 1 && part.includes('.')) {
      const quad = tryParseIpv4(part);
      if (quad === undefined) return undefined;
      out.push(...quad);
    } else if (/^[0-9a-f]{1,4}$/i.test(part)) {
      const value = Number.parseInt(part, 16);
      out.push(value >> 8, value & 0xff);
    } else {
      return undefined;
    }
  }
  return out;
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
