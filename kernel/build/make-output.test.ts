// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from 'vitest';
import { findFailure, isObject, madeTarget, withRealPaths } from './make-output.js';

test('a line of Kbuild names what it made', () => {
  expect(madeTarget('  CC      net/ipv4/tcp.o')).toEqual({ kind: 'CC', target: 'net/ipv4/tcp.o' });
  expect(madeTarget('  HOSTCC  scripts/basic/fixdep')?.kind).toBe('HOSTCC');
  expect(madeTarget('net/ipv4/tcp.c:12:3: error: no')).toBeUndefined();
});

test('objects of the kernel count, archives and host tools do not', () => {
  const lines = [
    '  CC      a.o',
    '  AS      b.o',
    '  AR      built-in.a',
    '  HOSTCC  c.o',
    'CC d.o',
  ];
  expect(lines.filter(isObject)).toEqual(['  CC      a.o', '  AS      b.o']);
});

describe('findFailure', () => {
  test('gives the target and what the compiler said about it, not what it said about others', () => {
    const lines = [
      '  CC      net/ipv4/tcp_output.o',
      'net/ipv4/tcp_output.c:3:1: warning: never mind',
      '  CC      net/ipv4/tcp_input.o',
      'net/ipv4/tcp_input.c:99:2: error: expected expression',
      '   99 |   x = ;',
      '1 error generated.',
      'make[5]: *** [/o/source/scripts/Makefile.build:229: net/ipv4/tcp_input.o] Error 1',
      '  CC      net/ipv4/udp.o',
      'make[4]: *** [/o/source/scripts/Makefile.build:478: net/ipv4] Error 2',
      'make: *** [Makefile:224: __sub-make] Error 2',
    ];
    expect(findFailure(lines)).toEqual({
      target: 'net/ipv4/tcp_input.o',
      said: [
        'net/ipv4/tcp_input.c:99:2: error: expected expression',
        '   99 |   x = ;',
        '1 error generated.',
      ],
    });
  });

  test("gives make's own words where nobody else said anything", () => {
    const line =
      "make[2]: *** No rule to make target 'net/a.o', needed by 'net/built-in.a'.  Stop.";
    expect(findFailure(['  CC      net/b.o', line])).toEqual({ target: undefined, said: [line] });
  });

  test('gives the last words of a make that broke off', () => {
    expect(findFailure(['  CC      net/b.o', 'sh: out of memory'])).toEqual({
      target: undefined,
      said: ['sh: out of memory'],
    });
  });
});

test('paths are shown as the user knows them', () => {
  const real = (line: string): string => withRealPaths(line, '/my/linux', '/libos/kernel/arch/lib');
  expect(real('../net/ipv4/tcp.c:3:1: error: no')).toBe('/my/linux/net/ipv4/tcp.c:3:1: error: no');
  expect(real('In file included from ../arch/lib/include/asm/io.h:1:')).toBe(
    'In file included from /libos/kernel/arch/lib/include/asm/io.h:1:',
  );
  expect(real('./include/generated/x.h: a ... b')).toBe('./include/generated/x.h: a ... b');
});
