// SPDX-License-Identifier: GPL-2.0-only

/**
 * Randomness from the stream of the program that asks: `Math.random`, `crypto.getRandomValues`, and what
 * `node:crypto` has beside them. The stream is seeded and no secret to anybody.
 */
import { Buffer } from 'node:buffer';
import type { CurrentRealm } from './realm.js';

const quotaBytes = 65_536;

/** What `node:crypto` calls back with. */
type Callback<T> = (error: Error | null, value: T) => void;

export interface VirtualRandom {
  readonly random: () => number;
  readonly getRandomValues: <T extends ArrayBufferView>(array: T) => T;
  readonly randomUUID: () => `${string}-${string}-${string}-${string}-${string}`;
  readonly randomBytes: (size: number, callback?: Callback<Buffer>) => Buffer | undefined;
  readonly randomFillSync: <T extends ArrayBufferView | ArrayBuffer>(
    buffer: T,
    offset?: number,
    size?: number,
  ) => T;
  readonly randomFill: (buffer: ArrayBufferView | ArrayBuffer, ...rest: unknown[]) => void;
  readonly randomInt: (...args: unknown[]) => number | undefined;
}

export function virtualRandom(realm: CurrentRealm): VirtualRandom {
  const fill = (bytes: Uint8Array): void => realm().entropy.fill(bytes);
  const later = <T>(callback: Callback<T>, value: T): void =>
    realm().defer(() => callback(null, value));

  const randomFillSync: VirtualRandom['randomFillSync'] = (buffer, offset = 0, size) => {
    const bytes = bytesOf(buffer);
    const unit = 'BYTES_PER_ELEMENT' in buffer ? (buffer.BYTES_PER_ELEMENT as number) : 1;
    const from = offset * unit;
    const to = size === undefined ? bytes.length : from + size * unit;
    if (!(from >= 0 && to >= from && to <= bytes.length)) {
      throw outOfRange(`The value of "size + offset" is out of range: ${to} of ${bytes.length}`);
    }
    fill(bytes.subarray(from, to));
    return buffer;
  };

  return {
    random: () => realm().entropy.nextFraction(),
    getRandomValues(array) {
      if (array.byteLength > quotaBytes) {
        throw new DOMException(
          `The requested length exceeds ${quotaBytes} bytes`,
          'QuotaExceededError',
        );
      }
      fill(bytesOf(array));
      return array;
    },
    randomUUID() {
      const bytes = new Uint8Array(16);
      fill(bytes);
      bytes[6] = (bytes[6]! & 0x0f) | 0x40;
      bytes[8] = (bytes[8]! & 0x3f) | 0x80;
      const hex = Buffer.from(bytes).toString('hex');
      return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
    },
    randomBytes(size, callback) {
      const bytes = Buffer.alloc(size);
      fill(bytes);
      if (!callback) return bytes;
      later(callback, bytes);
      return undefined;
    },
    randomFillSync,
    randomFill(buffer, ...rest) {
      const callback = rest.pop() as Callback<typeof buffer>;
      const [offset, size] = rest as [number?, number?];
      later(callback, randomFillSync(buffer, offset, size));
    },
    randomInt(...args) {
      const callback = typeof args.at(-1) === 'function' ? (args.pop() as Callback<number>) : null;
      const [min, max] = (args.length === 1 ? [0, args[0]] : args) as [number, number];
      if (!Number.isSafeInteger(min) || !Number.isSafeInteger(max) || max <= min) {
        throw outOfRange(`The value of "max" is out of range: ${max}, with "min" ${min}`);
      }
      const value = min + Math.floor(realm().entropy.nextFraction() * (max - min));
      if (!callback) return value;
      later(callback, value);
      return undefined;
    },
  };
}

function bytesOf(buffer: ArrayBufferView | ArrayBuffer): Uint8Array {
  return ArrayBuffer.isView(buffer)
    ? new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength)
    : new Uint8Array(buffer);
}

function outOfRange(message: string): RangeError {
  return Object.assign(new RangeError(message), { code: 'ERR_OUT_OF_RANGE' });
}
