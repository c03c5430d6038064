// SPDX-License-Identifier: GPL-2.0-only

/**
 * The code of dispatchers: functions that jump by the value of a pointer, their last parameter, to a direct call. An
 * optimising compiler takes 60 µs for each of the calls in a function that is hot, of which few are; so one to many
 * functions goes through a second dispatcher to a group of them, and only groups that are hot are compiled.
 */
import { concatenate, encodeUnsigned } from './wasm-bytes.js';

/** Functions of a group: a power of two. */
const groupShift = 5;
const groupSize = 1 << groupShift;

/** A dispatcher's functions: the one that is called, and those that it goes through. */
export interface DispatcherCode {
  readonly body: Uint8Array;
  readonly groups: readonly Uint8Array[];
}

/**
 * To functions of `parameters` parameters whose pointers are in a row from `firstPointer` on; the groups will be functions
 * from `firstGroup` on.
 */
export function dispatcherCode(
  parameters: number,
  firstPointer: number,
  functions: readonly number[],
  firstGroup: number,
): DispatcherCode {
  const jumpTo = (from: number, targets: readonly number[]): Uint8Array =>
    jump({ parameters, firstPointer: from, shift: 0, targets, passed: parameters });
  if (functions.length <= 2 * groupSize) {
    return { body: jumpTo(firstPointer, functions), groups: [] };
  }
  const groups: Uint8Array[] = [];
  for (let at = 0; at < functions.length; at += groupSize) {
    groups.push(jumpTo(firstPointer + at, functions.slice(at, at + groupSize)));
  }
  const targets = groups.map((_, index) => firstGroup + index);
  const passed = parameters + 1;
  return { body: jump({ parameters, firstPointer, shift: groupShift, targets, passed }), groups };
}

interface Jump {
  readonly parameters: number;
  readonly firstPointer: number;
  readonly shift: number;
  readonly targets: readonly number[];
  /** How many parameters are handed on, of which the pointer is the last. */
  readonly passed: number;
}

/**
 * `switch ((pointer - firstPointer) >>> shift) { case …: return target(…) }`. A pointer to none of them traps: one of
 * another signature, or of no function.
 */
function jump({ parameters, firstPointer, shift, targets, passed }: Jump): Uint8Array {
  const noLocals = 0x00;
  const [unreachable, end, block, nothing] = [0x00, 0x0b, 0x02, 0x40];
  if (targets.length === 0) return Uint8Array.of(noLocals, unreachable, end);
  const local = (index: number): Uint8Array => Uint8Array.of(0x20, ...encodeUnsigned(index));
  const i32Const = (value: number): Uint8Array => Uint8Array.of(0x41, ...encodeSigned(value));
  const cases = [...targets, 'none of them'];
  return concatenate([
    Uint8Array.of(noLocals),
    ...cases.map(() => Uint8Array.of(block, nothing)),
    local(parameters),
    i32Const(firstPointer),
    Uint8Array.of(0x6b), // i32.sub
    ...(shift === 0 ? [] : [i32Const(shift), Uint8Array.of(0x76)]), // i32.shr_u
    Uint8Array.of(0x0e), // br_table
    encodeUnsigned(targets.length),
    ...cases.map((_, index) => encodeUnsigned(index)),
    Uint8Array.of(end),
    ...targets.flatMap((target) => [
      ...Array.from({ length: passed }, (_, index) => local(index)),
      Uint8Array.of(0x10, ...encodeUnsigned(target), 0x0f, end), // call, return
    ]),
    Uint8Array.of(unreachable, end),
  ]);
}

/** LEB128 of a number that is not negative, as a signed one. */
function encodeSigned(value: number): Uint8Array {
  const bytes = encodeUnsigned(value);
  const last = bytes.at(-1)!;
  if ((last & 0x40) === 0) return bytes;
  return encodeUnsigned(value, bytes.length + 1);
}
