// SPDX-License-Identifier: GPL-2.0-only

/**
 * Compiles the table of calls into the filter of one architecture and mode. The number is looked at first and
 * nothing else for a call that is never caught, so that Linux's own bitmap lets those through without running the
 * filter at all.
 */
import type { Instruction } from './assembler.js';
import {
  Assembler,
  JUMP_ANY_BIT,
  JUMP_EQUAL,
  JUMP_GREATER,
  JUMP_GREATER_OR_EQUAL,
} from './assembler.js';
import type { Condition, Test } from './condition.js';
import type { Architecture, CallName, Mode } from './table.js';
import { callEntries } from './table.js';

export const SECCOMP_RET_USER_NOTIF = 0x7fc00000;
export const SECCOMP_RET_ERRNO = 0x00050000;
export const SECCOMP_RET_ALLOW = 0x7fff0000;

/**
 * Where the page of trusted system calls lies in every program that has the shim: calls from there pass. High
 * enough for no program's image or heap to reach it, low enough for a 39-bit address space.
 */
export const trustedPage = { address: 0x6c69626000, sizeBytes: 4096 } as const;

/** `socket()` of this family fails with this error under the filter, and with EAFNOSUPPORT without it. */
export const probe = { family: 0x6c696f73, errno: 106 } as const;

const ENOSYS = 38;
const EAFNOSUPPORT = 97;

interface Machine {
  /** `AUDIT_ARCH_*` of its own programs, and of the 32-bit ones that it may run too. */
  readonly audit: number;
  readonly foreign: { readonly audit: number; readonly socketCalls: readonly number[] };
}

const machines: Readonly<Record<Architecture, Machine>> = {
  // i386: socketcall and socket.
  x86_64: { audit: 0xc000003e, foreign: { audit: 0x40000003, socketCalls: [102, 359] } },
  // arm: socket.
  aarch64: { audit: 0xc00000b7, foreign: { audit: 0x40000028, socketCalls: [281] } },
};

/** Offsets in struct seccomp_data. */
const numberOffset = 0;
const auditOffset = 4;
const pointerOffset = 8;
const argumentOffset = (index: number): number => 16 + 8 * index;

export function compileFilter(architecture: Architecture, mode: Mode): readonly Instruction[] {
  const { audit, foreign } = machines[architecture];
  const caught = callEntries.flatMap(([name, { number, caught }]) => {
    const own = number[architecture];
    return own === undefined || caught[mode] === 'never'
      ? []
      : [{ name, number: own, condition: caught[mode] }];
  });

  const out = new Assembler();
  out.load(auditOffset).jumpIf(JUMP_EQUAL, audit, undefined, 'foreign').load(numberOffset);
  for (const { name, number } of caught) out.jumpIf(JUMP_EQUAL, number, name);
  out.answer(SECCOMP_RET_ALLOW);

  // A 32-bit program would get the machine's network without a word: its sockets fail instead.
  out.label('foreign').jumpIf(JUMP_EQUAL, foreign.audit, undefined, 'allow').load(numberOffset);
  for (const number of foreign.socketCalls) out.jumpIf(JUMP_EQUAL, number, 'no family');
  out.label('allow').answer(SECCOMP_RET_ALLOW);
  out.label('no family').answer(SECCOMP_RET_ERRNO | EAFNOSUPPORT);

  for (const { name, condition } of caught) emitCall(out, name, condition);

  const highWord = Math.floor(trustedPage.address / 2 ** 32);
  const lowWord = trustedPage.address >>> 0;
  out
    .label('caught')
    .load(pointerOffset + 4)
    .jumpIf(JUMP_EQUAL, highWord, undefined, 'notify')
    .load(pointerOffset)
    .jumpIf(JUMP_GREATER_OR_EQUAL, lowWord, undefined, 'notify')
    .jumpIf(JUMP_GREATER_OR_EQUAL, lowWord + trustedPage.sizeBytes, 'notify')
    .answer(SECCOMP_RET_ALLOW);
  out.label('notify').answer(SECCOMP_RET_USER_NOTIF);
  return out.assemble();
}

function emitCall(out: Assembler, name: CallName, condition: Condition): void {
  out.label(name);
  if (name === 'socket') {
    out.load(argumentOffset(0)).jumpIf(JUMP_EQUAL, probe.family, `${name} probed`, `${name} other`);
    out.label(`${name} probed`).answer(SECCOMP_RET_ERRNO | probe.errno);
    out.label(`${name} other`);
  }
  if (condition === 'refuse') {
    out.answer(SECCOMP_RET_ERRNO | ENOSYS);
  } else if (typeof condition === 'string') {
    out.jump('caught');
  } else {
    condition.anyOf.forEach((test, index) => emitTest(out, test, `${name} ${index}`));
    out.answer(SECCOMP_RET_ALLOW);
  }
}

/** Jumps to `caught` when the test holds, goes on behind itself when not. */
function emitTest(out: Assembler, test: Test, prefix: string): void {
  const no = `${prefix} no`;
  const offset = argumentOffset(test.argument);
  out.load(offset);
  if ('in' in test) {
    for (const value of test.in) out.jumpIf(JUMP_EQUAL, value, 'caught');
  } else if ('notIn' in test) {
    for (const value of test.notIn) out.jumpIf(JUMP_EQUAL, value, no);
    out.jump('caught');
  } else if ('anyBitOf' in test) {
    out.jumpIf(JUMP_ANY_BIT, test.anyBitOf, 'caught');
  } else if ('pointer' in test) {
    out.jumpIf(JUMP_EQUAL, 0, undefined, 'caught').load(offset + 4);
    out.jumpIf(JUMP_EQUAL, 0, no, 'caught');
  } else {
    out.jumpIf(JUMP_GREATER_OR_EQUAL, test.from, undefined, no);
    out.jumpIf(JUMP_GREATER, test.to, no, 'caught');
  }
  out.label(no);
}
