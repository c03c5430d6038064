// SPDX-License-Identifier: GPL-2.0-only
/**
 * Netlink attributes: typed kinds of values, and policies that give each attribute of a message a name, a number
 * and a kind. A policy encodes an object to attributes and decodes attributes to an object; attributes that it
 * does not name are skipped. Little-endian as the kernel is; no field depends on the data model.
 */
import { formatIp, formatMac, parseIp, parseMac } from '../ip-address.js';
import { lp64 } from '../struct/data-model.js';
import type { StructType } from '../struct/layout.js';
import { NLA_F_NESTED } from './constants/message.js';
import { ByteWriter } from './byte-writer.js';

/** How one attribute’s payload is written and read. */
export interface AttributeKind<T> {
  /** Nested attributes say so in their type, as strict kernels demand. */
  readonly nested?: boolean;
  /** Writes a value, without the attribute’s header. */
  write(writer: ByteWriter, value: T): void;
  /** The value in the bytes of an attribute. */
  read(payload: Uint8Array): T;
}

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

function fixed<T>(
  length: number,
  read: (view: DataView) => T,
  write: (view: DataView, value: T) => void,
): AttributeKind<T> {
  return {
    write(writer, value) {
      const bytes = new Uint8Array(length);
      write(viewOf(bytes), value);
      writer.bytes(bytes);
    },
    read(payload) {
      if (payload.byteLength < length) {
        throw new RangeError(`an attribute of ${length} bytes has only ${payload.byteLength}`);
      }
      return read(viewOf(payload));
    },
  };
}

function integer(
  length: 1 | 2 | 4,
  signed: boolean,
  read: (view: DataView) => number,
  write: (view: DataView, value: number) => void,
): AttributeKind<number> {
  const span = 2 ** (8 * length);
  const [minimum, maximum] = signed ? [-span / 2, span / 2 - 1] : [0, span - 1];
  return fixed(length, read, (view, value) => {
    if (!Number.isInteger(value) || value < minimum || value > maximum) {
      throw new RangeError(`${String(value)} is not an integer from ${minimum} to ${maximum}`);
    }
    write(view, value);
  });
}

export const u8 = integer(
  1,
  false,
  (v) => v.getUint8(0),
  (v, x) => v.setUint8(0, x),
);
export const u16 = integer(
  2,
  false,
  (v) => v.getUint16(0, true),
  (v, x) => v.setUint16(0, x, true),
);
export const u32 = integer(
  4,
  false,
  (v) => v.getUint32(0, true),
  (v, x) => v.setUint32(0, x, true),
);
export const s8 = integer(
  1,
  true,
  (v) => v.getInt8(0),
  (v, x) => v.setInt8(0, x),
);
export const s32 = integer(
  4,
  true,
  (v) => v.getInt32(0, true),
  (v, x) => v.setInt32(0, x, true),
);
export const be16 = integer(
  2,
  false,
  (v) => v.getUint16(0),
  (v, x) => v.setUint16(0, x),
);
export const be32 = integer(
  4,
  false,
  (v) => v.getUint32(0),
  (v, x) => v.setUint32(0, x),
);
export const u64 = fixed(
  8,
  (v) => v.getBigUint64(0, true),
  (v, x: bigint) => v.setBigUint64(0, x, true),
);
/** 64 bits as a number; for what stays below 2^53. */
export const u64Number = fixed(
  8,
  (v) => Number(v.getBigUint64(0, true)),
  (v, x: number) => v.setBigUint64(0, BigInt(x), true),
);
export const s64Number = fixed(
  8,
  (v) => Number(v.getBigInt64(0, true)),
  (v, x: number) => v.setBigInt64(0, BigInt(x), true),
);
/** A byte that is 0 or 1. */
export const bool8: AttributeKind<boolean> = {
  /** Writes a value, without the attribute’s header. */
  write: (writer, value) => u8.write(writer, value ? 1 : 0),
  read: (payload) => u8.read(payload) !== 0,
};

/** Present or not; only `true` is written. */
export const flag: AttributeKind<true> = { write: () => undefined, read: () => true };

export const binary: AttributeKind<Uint8Array> = {
  /** Writes a value, without the attribute’s header. */
  write: (writer, value) => writer.bytes(value),
  read: (payload) => payload.slice(),
};

const utf8 = new TextEncoder();
const fromUtf8 = new TextDecoder();
/** NUL-terminated on the wire. */
export const text: AttributeKind<string> = {
  /** Writes a value, without the attribute’s header. */
  write(writer, value) {
    writer.bytes(utf8.encode(value));
    writer.bytes(new Uint8Array(1));
  },
  read(payload) {
    const end = payload.indexOf(0);
    return fromUtf8.decode(end < 0 ? payload : payload.subarray(0, end));
  },
};

/** An IPv4 or IPv6 address, by its length. */
export const ip: AttributeKind<string> = {
  /** Writes a value, without the attribute’s header. */
  write: (writer, value) => writer.bytes(parseIp(value)),
  read: (payload) => formatIp(payload),
};
/** A hardware address; written from Ethernet’s form, read at any length. */
export const mac: AttributeKind<string> = {
  /** Writes a value, without the attribute’s header. */
  write: (writer, value) => writer.bytes(parseMac(value)),
  read: (payload) => formatMac(payload),
};

/** A fixed structure. Kernels may send a longer or shorter one: what is missing reads as zero. */
export function structure<T>(type: StructType<T>): AttributeKind<T> {
  return {
    write: (writer, value) => writer.bytes(type.encode(value, lp64)),
    read(payload) {
      const whole = new Uint8Array(Math.max(payload.byteLength, type.sizeof(lp64)));
      whole.set(payload);
      return type.decode(whole, lp64);
    },
  };
}

/** The attributes of `policy` within an attribute. */
export function nested<P extends PolicyEntries>(policy: Policy<P>): AttributeKind<AttributesOf<P>> {
  return {
    nested: true,
    write: (writer, value) => policy.write(writer, value),
    read: (payload) => policy.decode(payload),
  };
}

/** Several attributes of one type within an attribute: a list of addresses, of names, of nests. */
export function list<T>(
  elementType: number,
  element: AttributeKind<T>,
): AttributeKind<readonly T[]> {
  return {
    nested: true,
    write(writer, values) {
      for (const value of values) writeAttribute(writer, elementType, element, value);
    },
    read: (payload) => [...attributes(payload)].map(({ payload: inner }) => element.read(inner)),
  };
}

/** A kind whose value is changed on its way: units, say. */
export function mapped<T, U>(
  kind: AttributeKind<T>,
  to: (value: U) => T,
  from: (value: T) => U,
): AttributeKind<U> {
  return {
    ...(kind.nested !== undefined && { nested: kind.nested }),
    write: (writer, value) => kind.write(writer, to(value)),
    read: (payload) => from(kind.read(payload)),
  };
}

/** Attributes by the names that they get here: of each its number and kind. */
export type PolicyEntries = Readonly<
  Record<string, readonly [type: number, kind: AttributeKind<unknown>]>
>;
type KindValue<K> = K extends AttributeKind<infer T> ? T : never;
/** An object of a policy: every attribute may be missing. */
export type AttributesOf<P extends PolicyEntries> = {
  readonly [K in keyof P]?: KindValue<P[K][1]> | undefined;
};
/** The objects that a policy encodes and decodes. */
export type PolicyValue<P> = P extends Policy<infer E> ? AttributesOf<E> : never;

/** The attributes of a message or of another attribute: to encode and to decode. See netlink(7). */
export interface Policy<P extends PolicyEntries> {
  readonly entries: P;
  /** In the policy’s order, so that equal objects give equal bytes. */
  write(writer: ByteWriter, value: AttributesOf<P>): void;
  /** Attributes as bytes. */
  encode(value: AttributesOf<P>): Uint8Array;
  /** Attributes by name; those that it does not know are left out. */
  decode(bytes: Uint8Array): AttributesOf<P>;
}

/** A policy of attributes by name: `policy({ mtu: [IFLA_MTU, u32] })`. */
export function policy<const P extends PolicyEntries>(entries: P): Policy<P> {
  const all = Object.entries(entries).map(([name, [type, kind]], index) => {
    return { name, type, kind, index };
  });
  const byType = new Map(all.map((entry) => [entry.type, entry]));
  const byName = new Map(all.map((entry) => [entry.name, entry]));
  const write = (writer: ByteWriter, value: AttributesOf<P>): void => {
    // By what is given: a policy has many times as many.
    const given = Object.entries(value).flatMap(([name, each]) => {
      const entry = byName.get(name);
      return entry === undefined || each === undefined ? [] : [{ entry, each }];
    });
    given.sort((a, b) => a.entry.index - b.entry.index);
    for (const { entry, each } of given) writeAttribute(writer, entry.type, entry.kind, each);
  };
  return {
    entries,
    write,
    encode(value) {
      const writer = new ByteWriter();
      write(writer, value);
      return writer.finish();
    },
    decode(bytes) {
      const value: Record<string, unknown> = {};
      for (const { type, payload } of attributes(bytes)) {
        const entry = byType.get(type);
        if (entry !== undefined) value[entry.name] = entry.kind.read(payload);
      }
      return value as AttributesOf<P>;
    },
  };
}

const headerBytes = 4;
const typeMask = 0x3fff;

/** Writes one attribute with header and padding: struct nlattr. */
export function writeAttribute<T>(
  writer: ByteWriter,
  type: number,
  kind: AttributeKind<T>,
  value: T,
): void {
  const start = writer.length;
  writer.u16(0);
  writer.u16(kind.nested === true ? type | NLA_F_NESTED : type);
  kind.write(writer, value);
  const length = writer.length - start;
  if (length > 0xffff)
    throw new RangeError(`attribute ${type} has ${length} bytes, at most 65535 fit`);
  writer.setU16(start, length);
  writer.align(4);
}

/** The attributes in `bytes`; stops where what is left is no attribute, as the kernel does. */
export function* attributes(
  bytes: Uint8Array,
): Generator<{ readonly type: number; readonly payload: Uint8Array }> {
  const view = viewOf(bytes);
  for (let at = 0; at + headerBytes <= bytes.byteLength;) {
    const length = view.getUint16(at, true);
    if (length < headerBytes || at + length > bytes.byteLength) return;
    yield {
      type: view.getUint16(at + 2, true) & typeMask,
      payload: bytes.subarray(at + headerBytes, at + length),
    };
    at += (length + 3) & ~3;
  }
}
