// SPDX-License-Identifier: GPL-2.0-only

/** DHCP messages (RFC 2131, options of RFC 2132, 3397 and 3442) as bytes and as values. Knows no sockets. */
import { formatIpv4, parseIpv4 } from '../../../ip-address.js';

export const messageTypes = {
  discover: 1,
  offer: 2,
  request: 3,
  decline: 4,
  acknowledge: 5,
  refuse: 6,
  release: 7,
} as const;
export type MessageType = (typeof messageTypes)[keyof typeof messageTypes];

const bootRequest = 1;
const bootReply = 2;
const ethernet = 1;
const broadcastFlag = 0x8000;
const cookie = 0x63825363;
const optionsAt = 240;
/** What BOOTP's relays expect at least. */
const messageBytesMin = 300;
const options = {
  pad: 0,
  netmask: 1,
  routers: 3,
  servers: 6,
  hostName: 12,
  domain: 15,
  mtu: 26,
  broadcast: 28,
  requested: 50,
  leaseTime: 51,
  overload: 52,
  type: 53,
  server: 54,
  wanted: 55,
  sizeMax: 57,
  renewal: 58,
  rebinding: 59,
  client: 61,
  search: 119,
  routes: 121,
  end: 255,
} as const;
const wanted = [
  options.netmask,
  options.routes,
  options.routers,
  options.servers,
  options.domain,
  options.search,
  options.mtu,
  options.broadcast,
];

export interface ClientMessage {
  readonly type: MessageType;
  readonly transaction: number;
  readonly seconds: number;
  readonly mac: Uint8Array;
  /** The address that the client uses already. */
  readonly own?: string;
  /** The address that it would like. */
  readonly requested?: string;
  /** The server that is meant. */
  readonly server?: string;
  readonly hostName?: string;
}

export function encodeMessage(message: ClientMessage): Uint8Array {
  const { type, transaction, seconds, mac, own, requested, server, hostName } = message;
  const head = new DataView(new ArrayBuffer(optionsAt));
  head.setUint8(0, bootRequest);
  head.setUint8(1, ethernet);
  head.setUint8(2, mac.length);
  head.setUint32(4, transaction);
  head.setUint16(8, Math.min(seconds, 0xffff));
  // Without an address of its own it hears broadcasts only.
  head.setUint16(10, own === undefined ? broadcastFlag : 0);
  const bytes = new Uint8Array(head.buffer);
  if (own !== undefined) bytes.set(parseIpv4(own), 12);
  bytes.set(mac, 28);
  head.setUint32(optionsAt - 4, cookie);
  const parts = [bytes, option(options.type, [type]), option(options.client, [ethernet, ...mac])];
  if (requested !== undefined) parts.push(option(options.requested, parseIpv4(requested)));
  if (server !== undefined) parts.push(option(options.server, parseIpv4(server)));
  if (type === messageTypes.discover || type === messageTypes.request) {
    if (hostName !== undefined) {
      parts.push(option(options.hostName, new TextEncoder().encode(hostName).subarray(0, 63)));
    }
    parts.push(option(options.sizeMax, [1500 >> 8, 1500 & 0xff]), option(options.wanted, wanted));
  }
  parts.push(Uint8Array.of(options.end));
  return padded(parts);
}

function option(code: number, value: ArrayLike<number>): Uint8Array {
  return Uint8Array.from([code, value.length, ...Array.from(value)]);
}

function padded(parts: readonly Uint8Array[]): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const whole = new Uint8Array(Math.max(length, messageBytesMin));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** What a server says. */
export interface ServerMessage {
  readonly type: number;
  readonly transaction: number;
  readonly mac: Uint8Array;
  /** The address that the client gets; 0.0.0.0 in refusals. */
  readonly address: string;
  readonly server: string | undefined;
  readonly prefixLength: number;
  readonly routers: readonly string[];
  /** Option 121, which replaces `routers`; a gateway of 0.0.0.0 means on the link. */
  readonly routes: readonly { readonly to: string; readonly via: string }[] | undefined;
  readonly servers: readonly string[];
  readonly search: readonly string[];
  readonly mtu: number | undefined;
  /** Infinity: for ever. */
  readonly leaseSeconds: number;
  readonly renewalSeconds: number | undefined;
  readonly rebindingSeconds: number | undefined;
}

/** Undefined for bytes that are no message of a server. */
export function decodeMessage(bytes: Uint8Array): ServerMessage | undefined {
  if (bytes.length < optionsAt) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (view.getUint8(0) !== bootReply || view.getUint32(optionsAt - 4) !== cookie) return undefined;
  const values = readOptions(bytes);
  const type = values.get(options.type)?.[0];
  if (type === undefined) return undefined;
  const number = (code: number, size: number): number | undefined => {
    const value = values.get(code);
    if (value?.length !== size) return undefined;
    return value.reduce((sum, byte) => sum * 256 + byte, 0);
  };
  const address = formatIpv4(bytes, 16);
  const leaseSeconds = number(options.leaseTime, 4) ?? 0xffffffff;
  return {
    type,
    transaction: view.getUint32(4),
    mac: bytes.slice(28, 34),
    address,
    server: addresses(values.get(options.server))[0],
    prefixLength: prefixLengthOf(values.get(options.netmask)),
    routers: addresses(values.get(options.routers)),
    routes: readRoutes(values.get(options.routes)),
    servers: addresses(values.get(options.servers)),
    search: readSearch(values.get(options.search), values.get(options.domain)),
    mtu: number(options.mtu, 2),
    leaseSeconds: leaseSeconds === 0xffffffff ? Infinity : leaseSeconds,
    renewalSeconds: number(options.renewal, 4),
    rebindingSeconds: number(options.rebinding, 4),
  };
}

/** Those that come in pieces are put together (RFC 3396); those in `file` and `sname` count where said. */
function readOptions(bytes: Uint8Array): Map<number, Uint8Array> {
  const values = new Map<number, Uint8Array>();
  readArea(bytes.subarray(optionsAt), values);
  const overload = values.get(options.overload)?.[0] ?? 0;
  if ((overload & 1) !== 0) readArea(bytes.subarray(108, 236), values);
  if ((overload & 2) !== 0) readArea(bytes.subarray(44, 108), values);
  return values;
}

function readArea(area: Uint8Array, values: Map<number, Uint8Array>): void {
  for (let at = 0; at < area.length;) {
    const code = area[at]!;
    if (code === options.end) return;
    if (code === options.pad) {
      at++;
      continue;
    }
    const length = area[at + 1];
    if (length === undefined || at + 2 + length > area.length) return;
    const before = values.get(code) ?? new Uint8Array(0);
    values.set(code, Uint8Array.from([...before, ...area.subarray(at + 2, at + 2 + length)]));
    at += 2 + length;
  }
}

function addresses(value: Uint8Array = new Uint8Array(0)): string[] {
  const list: string[] = [];
  for (let at = 0; at + 4 <= value.length; at += 4) list.push(formatIpv4(value, at));
  return list;
}

function prefixLengthOf(mask: Uint8Array | undefined): number {
  if (mask?.length !== 4) return 32;
  const bits = Array.from(mask, (byte) => byte.toString(2).padStart(8, '0')).join('');
  const zero = bits.indexOf('0');
  return zero < 0 ? 32 : zero;
}

function readRoutes(value: Uint8Array | undefined): ServerMessage['routes'] {
  if (!value) return undefined;
  const routes: { to: string; via: string }[] = [];
  for (let at = 0; at < value.length;) {
    const prefixLength = value[at]!;
    const count = Math.ceil(prefixLength / 8);
    if (prefixLength > 32 || at + 1 + count + 4 > value.length) return undefined;
    const to = new Uint8Array(4);
    to.set(value.subarray(at + 1, at + 1 + count));
    routes.push({
      to: `${formatIpv4(to)}/${prefixLength}`,
      via: formatIpv4(value, at + 1 + count),
    });
    at += 1 + count + 4;
  }
  return routes;
}

const hostName = /^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/;

/** A search list in DNS's form, where names may end with a pointer to an earlier one; else the domain. */
function readSearch(list: Uint8Array | undefined, domain: Uint8Array | undefined): string[] {
  if (!list) {
    const name = new TextDecoder().decode(domain).replace(/[\0.]+$/, '');
    return hostName.test(name) ? [name] : [];
  }
  return readNames(list);
}

/** Names in DNS's form, one after another; those that are none of a host are left out. */
export function readNames(list: Uint8Array): string[] {
  const names: string[] = [];
  for (let at = 0; at < list.length;) {
    const { labels, end } = readName(list, at);
    const name = labels.join('.');
    if (hostName.test(name)) names.push(name);
    at = end;
  }
  return names;
}

function readName(list: Uint8Array, from: number): { labels: string[]; end: number } {
  const labels: string[] = [];
  let at = from;
  let end: number | undefined;
  // Each pointer must go back, so that it ends.
  let earliest = from;
  while (at < list.length && list[at] !== 0) {
    const length = list[at]!;
    if (length >= 0xc0) {
      const target = ((length & 0x3f) << 8) | (list[at + 1] ?? 0);
      end ??= at + 2;
      if (target >= earliest) break;
      earliest = target;
      at = target;
    } else {
      labels.push(new TextDecoder().decode(list.subarray(at + 1, at + 1 + length)));
      at += 1 + length;
    }
  }
  return { labels, end: end ?? at + 1 };
}
