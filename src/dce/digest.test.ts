// SPDX-License-Identifier: GPL-2.0-only

import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { combineDigest, DigestStream, type DigestPart } from './digest.js';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

function summed(name: string, ...items: readonly string[]): DigestPart {
  const stream = new DigestStream(name);
  items.forEach((item, index) => stream.addBytes(index, 1, bytesOf(item)));
  return stream.part;
}

describe('digest', () => {
  test('is 16 hexadecimal digits, also of nothing', () => {
    expect(combineDigest([])).toMatch(/^[0-9a-f]{16}$/);
    expect(combineDigest([summed('a', 'x')])).toMatch(/^[0-9a-f]{16}$/);
  });

  test('does not depend on the order of the parts, and two of one name are an error', () => {
    const parts = ['b', 'a', 'c'].map((name) => summed(name, 'x', name));
    expect(combineDigest(parts)).toBe(combineDigest([...parts].reverse()));
    expect(() => combineDigest([parts[0]!, parts[0]!])).toThrow(
      'two parts of a digest are called b',
    );
  });

  test('tells apart what differs in a bit, a name, a time, a length, an order or a place', () => {
    const base = 'sixteen bytes + a few';
    const stream = (use: (stream: DigestStream) => void, name = 'a'): string => {
      const created = new DigestStream(name);
      use(created);
      return combineDigest([created.part]);
    };
    const digests = [
      stream((s) => s.addBytes(5, 1, bytesOf(base))),
      stream((s) => s.addBytes(6, 1, bytesOf(base))),
      stream((s) => s.addBytes(5 + 2 ** 32, 1, bytesOf(base))),
      stream((s) => s.addBytes(5, 2, bytesOf(base))),
      stream((s) => s.addBytes(5, 1, bytesOf(`${base}\0`))),
      stream((s) => s.addBytes(5, 1, bytesOf(base.slice(0, -1)))),
      stream((s) => s.addBytes(5, 1, bytesOf(base)), 'b'),
      stream((s) => {
        s.addBytes(5, 1, bytesOf('one'));
        s.addBytes(5, 1, bytesOf('two'));
      }),
      stream((s) => {
        s.addBytes(5, 1, bytesOf('two'));
        s.addBytes(5, 1, bytesOf('one'));
      }),
      stream((s) => s.addNumbers(Float64Array.of(0, 1))),
      stream((s) => s.addNumbers(Float64Array.of(-0, 1))),
      stream((s) => s.addNumbers(Float64Array.of(0, 1, 0))),
    ];
    expect(new Set(digests).size).toBe(digests.length);
  });

  test('any flipped bit shows, in any byte that counts', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 100 }),
        fc.nat(),
        fc.nat(7),
        (bytes, where, bit) => {
          const flipped = bytes.slice();
          flipped[where % bytes.length]! ^= 1 << bit;
          const one = new DigestStream('a');
          const other = new DigestStream('a');
          one.addBytes(0, 0, bytes);
          other.addBytes(0, 0, flipped);
          expect(combineDigest([one.part])).not.toBe(combineDigest([other.part]));
        },
      ),
    );
  });

  test('a stream goes on from a part as if nothing had been', () => {
    const whole = summed('a', 'x', 'y', 'z');
    const first = new DigestStream('a');
    first.addBytes(0, 1, bytesOf('x'));
    const second = new DigestStream('a');
    second.part = structuredClone(first.part);
    second.addBytes(1, 1, bytesOf('y'));
    second.addBytes(2, 1, bytesOf('z'));
    expect(second.part).toEqual(whole);
  });
});
