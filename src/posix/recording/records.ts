// SPDX-License-Identifier: GPL-2.0-only
/**
 * The records of a call log. A record is a head word (what it is, and a count) and its operands; times
 * and turns take two words:
 *
 *     turn      turn, time, the host’s time          a new turn of the event loop, before its first stimulus
 *     start, deferred, timer (key), outside (index)   a stimulus: the program’s code goes on
 *     wake (cookie, events), signal (task)            what the kernel reported; it only is noted
 *     defer, at (time)                                the program asks for a stimulus
 *     call (operation, check, arguments)              the program calls the kernel …
 *     result (value, pieces: address, length)         … and what came back, with the memory that changed
 *     threw (index of the message)                    … or what was thrown
 */
import { ilp32 } from '../struct/data-model.js';
import { callNumbers } from '../syscall-numbers.js';

export const record = {
  turn: 1,
  start: 2,
  deferred: 3,
  timer: 4,
  outside: 5,
  wake: 6,
  signal: 7,
  defer: 8,
  at: 9,
  call: 10,
  result: 11,
  threw: 12,
} as const;

/** What can be asked of a kernel port. */
export const operation = {
  syscall: 0,
  alloc: 1,
  free: 2,
  processCreate: 3,
  processExit: 4,
  signalTake: 5,
  watch: 6,
  unwatch: 7,
} as const;
export type Operation = (typeof operation)[keyof typeof operation];

const operationNames = Object.keys(operation) as (keyof typeof operation)[];

/** Kind in the low byte, an operation above it, a count above that. */
export const head = (kind: number, detail = 0, count = 0): number =>
  kind | (detail << 8) | (count << 16);
export const kindOf = (word: number): number => word & 0xff;
export const detailOf = (word: number): number => (word >>> 8) & 0xff;
export const countOf = (word: number): number => word >>> 16;

/** For a reader: `recvfrom(5, 0x…, 65536)`; a system call without its task, the others as they are. */
export function describeCall(what: number, args: readonly number[]): string {
  const shown = (values: readonly number[]): string => values.map(describeWord).join(', ');
  if (what !== operation.syscall) return `${operationNames[what]!}(${shown(args)})`;
  const [, number = 0, ...rest] = args;
  return `${nameOf(number)}(${shown(rest)})`;
}

function describeWord(value: number): string {
  // Addresses are large; what is small is a number.
  return Math.abs(value) < 0x10000 ? String(value) : `0x${(value >>> 0).toString(16)}`;
}

function nameOf(number: number): string {
  for (const [name, each] of Object.entries(callNumbers(ilp32))) if (each === number) return name;
  return `system call ${number}`;
}
