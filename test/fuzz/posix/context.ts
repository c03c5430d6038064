// SPDX-License-Identifier: GPL-2.0-only

/** What an operation of the fuzzer has at hand: whose turn it is, dice, memory, and the call itself. */
import type { KernelInstance } from '../../../src/kernel/index.js';
import type { CallNumbers } from '../../../src/posix/syscall-numbers.js';
import { addressPicks, writeAddress } from './addresses.js';
import type { ModelProcess } from './model.js';
import type { Dice } from './random.js';
import type { Scratch } from './memory.js';

export type CallName = keyof CallNumbers;

export interface Context {
  readonly dice: Dice;
  readonly scratch: Scratch;
  readonly kernel: KernelInstance;
  readonly me: ModelProcess;
  /** Every process of this host. */
  readonly all: ModelProcess[];
  /** Waits that have not been aborted; some are over. */
  readonly pending: AbortController[];
  /** Text files of the host that can be read, and settings that can be written. */
  readonly files: readonly string[];
  readonly settings: readonly string[];
  /** A system call: its result goes into the digest. */
  readonly call: (name: CallName, ...args: readonly number[]) => number;
  /** Folds another result into the digest. */
  readonly result: (name: string, value: number) => void;
}

export type Operation = (context: Context) => void;

/** An address of the family, mostly; and its length, mostly. */
export function someAddress(context: Context, family: number): [address: number, length: number] {
  const { dice, scratch } = context;
  const asked = dice.oneIn(20) ? dice.pick(addressPicks.families) : family;
  const bytes = writeAddress(dice, asked);
  if (dice.oneIn(40)) bytes[0] = dice.below(50);
  const length = dice.oneIn(16)
    ? dice.pick([0, 1, 2, 4, 15, 16, 28, 110, 128, 129, 0xffffffff, 0x7fffffff])
    : bytes.length;
  return [scratch.pointer(scratch.bytes(bytes)), length];
}

/** Room for an address and its length: `[address, pointer to the length]`. */
export function roomForAddress({ dice, scratch }: Context): [address: number, length: number] {
  if (dice.oneIn(12)) return [0, 0];
  const room = scratch.take(128);
  const length = dice.oneIn(10) ? dice.pick([0, 1, 8, 0xffffffff, 0x7fffffff]) : 128;
  return [scratch.pointer(room), scratch.pointer(scratch.words(length))];
}
