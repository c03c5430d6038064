// SPDX-License-Identifier: GPL-2.0-only

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LibosError } from '../../errors.js';
import { nicSchemes, parseNicUrl } from './url.js';

describe('the URL of a NIC', () => {
  test('is a scheme, a target and options', () => {
    expect(parseNicUrl('unix:/run/a%20b.sock?mode=listen')).toEqual({
      text: 'unix:/run/a%20b.sock?mode=listen',
      scheme: 'unix',
      target: '/run/a b.sock',
      options: new Map([['mode', 'listen']]),
    });
  });

  test('of each scheme has an example that it takes', () => {
    for (const [scheme, { example }] of Object.entries(nicSchemes)) {
      expect(parseNicUrl(example).scheme).toBe(scheme);
    }
  });

  test.each([
    ['', /it has no scheme/],
    ['eth0', /it has no scheme/],
    ['usb:eth0', /nothing is called usb:/],
    ['toString:eth0', /it has no scheme|nothing is called/],
    ['tap:', /the interface is missing/],
    ['tap:a name', /is no name of an interface/],
    ['tap:sixteen-bytes-xx', /is no name of an interface/],
    ['tap:a/b', /is no name of an interface/],
    ['tap:a?speed=7', /there is no option “speed”, only offloads/],
    ['tap:a?toString=7', /there is no option “toString”/],
    ['tap:a?offloads', /the option offloads needs a value: on or off/],
    ['tap:a?offloads=maybe', /offloads is on or off, not “maybe”/],
    ['tap:a?offloads=on&offloads=off', /offloads is given twice/],
    ['unix:', /the socket’s path is missing/],
    ['unix:%zz', /percent sign/],
    ['passt:eth0', /nothing belongs behind the colon/],
  ])('%j is refused', (text, expected) => {
    expect(() => parseNicUrl(text)).toThrow(expected);
  });

  test('whatever it is, it is taken or refused with an error that says what to do', () => {
    const pieces = fc.constantFrom('tap', 'unix', 'pcap', ':', '?', '&', '=', '%', 'queue', '\0');
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(pieces).map((list) => list.join('')),
        ),
        (text) => {
          try {
            expect(parseNicUrl(text).text).toBe(text);
          } catch (error) {
            expect(error).toBeInstanceOf(LibosError);
            expect((error as LibosError).hint).toBeTruthy();
          }
        },
      ),
    );
  });
});
