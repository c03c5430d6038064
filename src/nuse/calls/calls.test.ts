// SPDX-License-Identifier: GPL-2.0-only

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { packageRoot } from '../../package-root.js';
import {
  Assembler,
  JUMP,
  JUMP_ANY_BIT,
  JUMP_EQUAL,
  JUMP_GREATER,
  JUMP_GREATER_OR_EQUAL,
  LOAD,
  RETURN,
  type Instruction,
} from './assembler.js';
import { holds } from './condition.js';
import { callsByNumber, describeCall } from './decode.js';
import {
  compileFilter,
  probe,
  SECCOMP_RET_ALLOW,
  SECCOMP_RET_ERRNO,
  SECCOMP_RET_USER_NOTIF,
  trustedPage,
} from './filter.js';
import { generateFiles } from './generate.js';
import { callEntries, calls, type Architecture, type Mode } from './table.js';

const audit = { x86_64: 0xc000003e, aarch64: 0xc00000b7 } as const;

/** What Linux's own headers define. */
function definedNumbers(source: string): ReadonlyMap<string, number> {
  const text = execFileSync('gcc', ['-E', '-dM', '-'], { input: source, encoding: 'utf8' });
  return new Map(
    [...text.matchAll(/^#define __NR_(\w+) (\d+)$/gm)].map(([, name, number]) => [
      name!,
      Number(number),
    ]),
  );
}

interface SeccompData {
  readonly number: number;
  readonly audit: number;
  readonly pointer: bigint;
  readonly args: readonly bigint[];
}

/** Classic BPF as Linux runs it on struct seccomp_data. */
function run(program: readonly Instruction[], data: SeccompData): number {
  const bytes = new DataView(new ArrayBuffer(64));
  bytes.setUint32(0, data.number, true);
  bytes.setUint32(4, data.audit, true);
  bytes.setBigUint64(8, data.pointer, true);
  data.args.forEach((value, index) => bytes.setBigUint64(16 + 8 * index, value, true));
  let accumulator = 0;
  for (let at = 0; ; at++) {
    const { code, jumpTrue, jumpFalse, k } = program[at]!;
    const jump = (taken: boolean): void => void (at += taken ? jumpTrue : jumpFalse);
    if (code === LOAD) accumulator = bytes.getUint32(k, true);
    else if (code === JUMP) at += k;
    else if (code === RETURN) return k;
    else if (code === JUMP_EQUAL) jump(accumulator === k);
    else if (code === JUMP_GREATER) jump(accumulator > k);
    else if (code === JUMP_GREATER_OR_EQUAL) jump(accumulator >= k);
    else if (code === JUMP_ANY_BIT) jump((accumulator & k) !== 0);
    else throw new Error(`code ${code}`);
  }
}

describe('table of calls', () => {
  test.each([...generateFiles()])('%s is fresh: `npm run generate`', (path, content) => {
    expect(readFileSync(join(packageRoot, path), 'utf8')).toBe(content);
  });

  test.each<[Architecture, string]>([
    ['x86_64', '#include <asm/unistd_64.h>\n'],
    ['aarch64', '#define __BITS_PER_LONG 64\n#include <asm-generic/unistd.h>\n'],
  ])("has the numbers of Linux's headers for %s", (architecture, source) => {
    const defined = definedNumbers(source);
    for (const [name, { number }] of callEntries) {
      expect([name, number[architecture]]).toEqual([name, defined.get(name)]);
    }
  });

  test('describes a call for the log', () => {
    const row = callsByNumber('x86_64').get(49)!;
    expect(describeCall(row, (index) => [0xffffffff, 0x7ffc1000, 16][index]!)).toBe(
      'bind(fd: -1, address: 0x7ffc1000, length: 16)',
    );
  });
});

describe.each<Architecture>(['x86_64', 'aarch64'])('filter of %s', (architecture) => {
  describe.each<Mode>(['nuse', 'simulation'])('in mode %s', (mode) => {
    const program = compileFilter(architecture, mode);
    const rows = callEntries.filter(([, { number }]) => number[architecture] !== undefined);
    const interesting = fc.oneof(
      fc.constantFrom(0n, 1n, 2n, 10n, 0x8913n, 0x5411n, 0x4040n, 0x4000n, 0x2000n, 1n << 40n),
      fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
    );
    const data = fc.record({
      row: fc.constantFrom(...rows),
      args: fc.array(interesting, { minLength: 6, maxLength: 6 }),
    });

    test('catches what the table says', () => {
      fc.assert(
        fc.property(data, ({ row: [, description], args }) => {
          const condition = description.caught[mode];
          const wanted =
            typeof condition === 'string'
              ? {
                  never: SECCOMP_RET_ALLOW,
                  always: SECCOMP_RET_USER_NOTIF,
                  refuse: SECCOMP_RET_ERRNO | 38,
                }[condition]
              : condition.anyOf.some((one) => holds(one, args[one.argument]!))
                ? SECCOMP_RET_USER_NOTIF
                : SECCOMP_RET_ALLOW;
          const number = description.number[architecture]!;
          const call = { number, audit: audit[architecture], args };
          expect(run(program, { ...call, pointer: 0x7f0000001000n })).toBe(wanted);
          const trusted = BigInt(trustedPage.address + 20);
          expect(run(program, { ...call, pointer: trusted })).toBe(
            wanted === SECCOMP_RET_USER_NOTIF ? SECCOMP_RET_ALLOW : wanted,
          );
        }),
        { numRuns: 3000 },
      );
    });

    test('lets every other call through after a look at its number alone', () => {
      const own = new Set(rows.map(([, { number }]) => number[architecture]));
      for (let number = 0; number < 600; number++) {
        if (own.has(number)) continue;
        const touched = new Set<number>();
        const watched = program.map((instruction) => ({
          ...instruction,
          get k() {
            if (instruction.code === LOAD) touched.add(instruction.k);
            return instruction.k;
          },
        }));
        const args = Array<bigint>(6).fill(1n);
        const call = { number, audit: audit[architecture], pointer: 0n, args };
        expect(run(watched, call)).toBe(SECCOMP_RET_ALLOW);
        expect([...touched].every((offset) => offset < 8)).toBe(true);
      }
    });

    test('answers the probe', () => {
      const number = calls.socket.number[architecture]!;
      const args = [BigInt(probe.family), 0n, 0n, 0n, 0n, 0n];
      const call = { number, audit: audit[architecture], pointer: 0n, args };
      expect(run(program, call)).toBe(SECCOMP_RET_ERRNO | probe.errno);
    });

    test('refuses sockets to 32-bit programs', () => {
      const foreign = { x86_64: [0x40000003, 359], aarch64: [0x40000028, 281] } as const;
      const [other, number] = foreign[architecture];
      const call = { audit: other, pointer: 0n, args: Array<bigint>(6).fill(2n) };
      expect(run(program, { ...call, number })).toBe(SECCOMP_RET_ERRNO | 97);
      expect(run(program, { ...call, number: 4 })).toBe(SECCOMP_RET_ALLOW);
    });
  });
});

test('the assembler refuses what does not fit', () => {
  const far = new Assembler().jumpIf(JUMP_EQUAL, 1, 'end');
  for (let index = 0; index < 256; index++) far.load(0);
  expect(() => far.label('end').answer(0).assemble()).toThrow('end is too far from instruction 0');
  const back = new Assembler().label('start').load(0).jump('start');
  expect(() => back.assemble()).toThrow('start lies behind instruction 1');
  expect(() => new Assembler().jump('nowhere').assemble()).toThrow('no label nowhere');
});
