// SPDX-License-Identifier: GPL-2.0-only

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { findUndefined, linkError, orderObjects, parseLeftOut } from './link-order.js';

test('the list of objects left out has a path and a reason a line', () => {
  const text =
    '# why\nkernel/kthread.o  ours is kernel/kthread.c\n\nfs/exec.o # nothing is executed\n';
  expect([...parseLeftOut(text)]).toEqual(['kernel/kthread.o', 'fs/exec.o']);
});

test('the list of this package names objects only', () => {
  const text = readFileSync(new URL('../arch/lib/left-out.objects', import.meta.url), 'utf8');
  const paths = [...parseLeftOut(text)];
  expect(paths.filter((path) => !/^[\w/-]+\.o$/.test(path))).toEqual([]);
  expect(paths).not.toEqual([]);
});

test("objects are linked in Kbuild's order, the port and init first", () => {
  const members = [
    'init/main.o',
    'arch/lib/kernel/setup.o',
    'arch/lib/kernel/sections.o',
    'kernel/fork.o',
    'fs/exec.o',
    'net/socket.o',
    '',
  ];
  expect(orderObjects(members, new Set(['fs/exec.o']))).toEqual([
    'arch/lib/kernel/sections.o',
    'init/main.o',
    'arch/lib/kernel/setup.o',
    'kernel/fork.o',
    'net/socket.o',
  ]);
});

const wasmOutput = `wasm-ld-22: error: kernel/fork.o: undefined symbol: sched_fork
wasm-ld-22: error: kernel/exit.o: undefined symbol: sched_fork
wasm-ld-22: error: net/socket.o: undefined symbol: kthread_run
`;
const elfOutput = `ld.lld-22: error: undefined symbol: sched_fork
>>> referenced by fork.c:2100
>>>               kernel/fork.o:(copy_process)
`;

describe('a link that fails', () => {
  test('for undefined symbols names each once, with who uses it', () => {
    expect(findUndefined(wasmOutput)).toEqual([
      { symbol: 'sched_fork', users: ['kernel/fork.o', 'kernel/exit.o'] },
      { symbol: 'kthread_run', users: ['net/socket.o'] },
    ]);
    expect(findUndefined(elfOutput)).toEqual([{ symbol: 'sched_fork', users: ['kernel/fork.o'] }]);
    const error = linkError('wasm-ld-22', wasmOutput);
    expect(error.code).toBe('ERR_LIBOS_KERNEL_LINK');
    expect(error.message).toBe(
      '2 symbols that the kernel uses are nowhere defined:\n' +
        '  sched_fork  (kernel/fork.o, kernel/exit.o)\n  kthread_run  (net/socket.o)',
    );
  });

  test("for anything else gives the linker's words", () => {
    const error = linkError('wasm-ld-22', 'wasm-ld-22: error: bad object\n');
    expect(error.message).toBe('wasm-ld-22 cannot link the kernel:\nwasm-ld-22: error: bad object');
  });
});
