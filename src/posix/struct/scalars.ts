// SPDX-License-Identifier: GPL-2.0-only
/**
 * The scalar and array types that structures are described with. Integers that do not fit their field are a
 * RangeError here, never a silently cut value.
 */
import type { DataModel } from './data-model.js';
import type { CType } from './layout.js';

function integer(
  sizeBytes: 1 | 2 | 4,
  minimum: number,
  maximum: number,
  read: (view: DataView, offset: number) => number,
  write: (view: DataView, offset: number, value: number) => void,
): CType<number> {
  return {
    domain: () => ({ kind: 'number', minimum, maximum }),
    sizeof: () => sizeBytes,
    alignof: () => sizeBytes,
    read,
    write(view, offset, value) {
      if (!Number.isInteger(value) || value < minimum || value > maximum) {
        throw new RangeError(`${String(value)} is not an integer from ${minimum} to ${maximum}`);
      }
      write(view, offset, value);
    },
  };
}

export const u8 = integer(
  1,
  0,
  0xff,
  (v, o) => v.getUint8(o),
  (v, o, x) => v.setUint8(o, x),
);
export const s8 = integer(
  1,
  -0x80,
  0x7f,
  (v, o) => v.getInt8(o),
  (v, o, x) => v.setInt8(o, x),
);
export const u16 = integer(
  2,
  0,
  0xffff,
  (v, o) => v.getUint16(o, true),
  (v, o, x) => v.setUint16(o, x, true),
);
export const s16 = integer(
  2,
  -0x8000,
  0x7fff,
  (v, o) => v.getInt16(o, true),
  (v, o, x) => v.setInt16(o, x, true),
);
export const u32 = integer(
  4,
  0,
  0xffffffff,
  (v, o) => v.getUint32(o, true),
  (v, o, x) => v.setUint32(o, x, true),
);
export const s32 = integer(
  4,
  -0x80000000,
  0x7fffffff,
  (v, o) => v.getInt32(o, true),
  (v, o, x) => v.setInt32(o, x, true),
);
/** Network byte order. */
export const be16 = integer(
  2,
  0,
  0xffff,
  (v, o) => v.getUint16(o),
  (v, o, x) => v.setUint16(o, x),
);
export const be32 = integer(
  4,
  0,
  0xffffffff,
  (v, o) => v.getUint32(o),
  (v, o, x) => v.setUint32(o, x),
);

function wide(
  read: (view: DataView, offset: number) => bigint,
  write: (view: DataView, offset: number, value: bigint) => void,
  minimum: bigint,
  maximum: bigint,
): CType<bigint> {
  return {
    domain: () => ({ kind: 'bigint', minimum, maximum }),
    sizeof: () => 8,
    alignof: () => 8,
    read,
    write(view, offset, value) {
      if (value < minimum || value > maximum)
        throw new RangeError(`${value} does not fit into 64 bits`);
      write(view, offset, value);
    },
  };
}

export const u64 = wide(
  (v, o) => v.getBigUint64(o, true),
  (v, o, x) => v.setBigUint64(o, x, true),
  0n,
  2n ** 64n - 1n,
);
export const s64 = wide(
  (v, o) => v.getBigInt64(o, true),
  (v, o, x) => v.setBigInt64(o, x, true),
  -(2n ** 63n),
  2n ** 63n - 1n,
);

/**
 * A 64-bit field as a number, for what stays below 2^53 (sizes, seconds, addresses): no BigInt on the way. A
 * larger value read is rounded, a larger one written is an error.
 */
function number64(signed: boolean): CType<number> {
  const minimum = signed ? Number.MIN_SAFE_INTEGER : 0;
  return {
    domain: () => ({ kind: 'number', minimum, maximum: Number.MAX_SAFE_INTEGER }),
    sizeof: () => 8,
    alignof: () => 8,
    read(view, offset) {
      const high = signed ? view.getInt32(offset + 4, true) : view.getUint32(offset + 4, true);
      return high * 0x100000000 + view.getUint32(offset, true);
    },
    write(view, offset, value) {
      if (!Number.isSafeInteger(value) || (!signed && value < 0)) {
        throw new RangeError(`${String(value)} is not a safe ${signed ? '' : 'unsigned '}integer`);
      }
      view.setUint32(offset, value >>> 0, true);
      view.setInt32(offset + 4, Math.floor(value / 0x100000000), true);
    },
  };
}
export const u64Number = number64(false);
export const s64Number = number64(true);

function word(narrow: CType<number>, broad: CType<number>): CType<number> {
  const pick = (model: DataModel): CType<number> => (model.wordBytes === 4 ? narrow : broad);
  return {
    domain: (model) => pick(model).domain(model),
    sizeof: (model) => model.wordBytes,
    alignof: (model) => model.wordBytes,
    read: (view, offset, model) => pick(model).read(view, offset, model),
    write: (view, offset, value, model) => pick(model).write(view, offset, value, model),
  };
}
export const long = word(s32, s64Number);
export const ulong = word(u32, u64Number);
export const size = ulong;
export const pointer = ulong;

/** A fixed number of bytes; fewer given are padded with zeros. Reading makes a copy. */
export function bytes(length: number): CType<Uint8Array> {
  return {
    domain: () => ({ kind: 'bytes', length }),
    sizeof: () => length,
    alignof: () => 1,
    read: (view, offset) => new Uint8Array(view.buffer, view.byteOffset + offset, length).slice(),
    write(view, offset, value) {
      if (value.byteLength > length) {
        throw new RangeError(`${value.byteLength} bytes do not fit into ${length}`);
      }
      const target = new Uint8Array(view.buffer, view.byteOffset + offset, length);
      target.set(value);
      target.fill(0, value.byteLength);
    },
  };
}

const utf8 = new TextEncoder();
const fromUtf8 = new TextDecoder();

/** A NUL-terminated string in a fixed array: at most `length - 1` bytes of UTF-8. */
export function chars(length: number): CType<string> {
  const raw = bytes(length);
  return {
    ...raw,
    domain: () => ({ kind: 'chars', length }),
    read(view, offset, model) {
      const value = raw.read(view, offset, model);
      const end = value.indexOf(0);
      return fromUtf8.decode(end < 0 ? value : value.subarray(0, end));
    },
    write(view, offset, value, model) {
      const encoded = utf8.encode(value);
      if (encoded.byteLength >= length) {
        throw new RangeError(`“${value}” is longer than ${length - 1} bytes`);
      }
      raw.write(view, offset, encoded, model);
    },
  };
}

/** `count` elements of a type, as a JavaScript array of exactly that length. */
export function array<T>(element: CType<T>, count: number): CType<readonly T[]> {
  return {
    domain: () => ({ kind: 'array', element, count }),
    sizeof: (model) => element.sizeof(model) * count,
    alignof: (model) => element.alignof(model),
    read(view, offset, model) {
      const step = element.sizeof(model);
      return Array.from({ length: count }, (_, i) => element.read(view, offset + i * step, model));
    },
    write(view, offset, values, model) {
      if (values.length !== count) {
        throw new RangeError(`${values.length} elements where ${count} are needed`);
      }
      const step = element.sizeof(model);
      values.forEach((value, i) => element.write(view, offset + i * step, value, model));
    },
  };
}
