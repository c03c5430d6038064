// SPDX-License-Identifier: GPL-2.0-only
/** What a recorded program’s port and time go through: a recorder while it lives, a player while it is run again. */
import type { KernelPort } from '../kernel-port.js';
import type { ArgumentMemory } from './argument-memory.js';
import type { CallLog } from './call-log.js';
import { countOf, head, operation, record, type Operation } from './records.js';

export interface Tape {
  /** A call of the kernel: its result. Unused arguments are 0. */
  call(what: Operation, ...args: CallArguments): number;
  /** The program asks to be called back when the kernel is not running … */
  defer(): void;
  /** … or at a time. */
  at(timeNs: number): void;
}
export type CallArguments = [
  a: number,
  b: number,
  c: number,
  d: number,
  e: number,
  f: number,
  g: number,
  h: number,
];

/** Words before a call’s arguments: its head and the check of what they point to. */
export const callHeadWords = 2;

export interface Moment {
  readonly nowNs: number;
  /** CLOCK_MONOTONIC of the host. */
  readonly hostNowNs: number;
  /** Counts the turns of the event loop that programs were given. */
  readonly turn: number;
}

export class Recorder implements Tape {
  readonly #log: CallLog;
  readonly #port: KernelPort;
  readonly #memory: ArgumentMemory;
  readonly #moment: Moment;
  readonly #messages: string[];
  #turn = -1;

  /** `messages` gets the texts of errors that were thrown. */
  constructor(
    log: CallLog,
    port: KernelPort,
    memory: ArgumentMemory,
    moment: Moment,
    messages: string[],
  ) {
    this.#log = log;
    this.#port = port;
    this.#memory = memory;
    this.#moment = moment;
    this.#messages = messages;
  }

  /** The program’s code is about to go on. */
  stimulus(kind: number, operand?: number): void {
    const log = this.#log;
    const { turn, nowNs, hostNowNs } = this.#moment;
    if (turn !== this.#turn) {
      this.#turn = turn;
      log.add(record.turn);
      log.addWide(turn);
      log.addWide(nowNs);
      log.addWide(hostNowNs);
    }
    log.add(kind);
    if (operand !== undefined) log.add(operand);
  }

  /** The kernel has reported something. */
  reported(kind: number, ...operands: number[]): void {
    this.#log.add(kind);
    for (const operand of operands) this.#log.add(operand);
  }

  defer(): void {
    this.#log.add(record.defer);
  }

  at(timeNs: number): void {
    this.#log.add(record.at);
    this.#log.addWide(timeNs);
  }

  call(what: Operation, ...args: CallArguments): number {
    const log = this.#log;
    const memory = this.#memory;
    const count = usedCount(args);
    log.add(head(record.call, what, count));
    log.add(what === operation.syscall ? memory.check() : 0);
    for (let i = 0; i < count; i++) log.add(args[i]!);
    if (what === operation.syscall) memory.remember(args[1]);
    let result: number;
    try {
      result = perform(this.#port, what, args);
    } catch (error) {
      log.add(head(record.threw, 0, this.#messages.push(String(error)) - 1));
      throw error;
    }
    noteAllocation(memory, what, args, result);
    const changes = what === operation.syscall ? memory.changes() : [];
    log.add(head(record.result, 0, changes.length / 2));
    log.add(result);
    const { bytes } = this.#port.memory;
    for (let i = 0; i < changes.length; i += 2) {
      log.add(changes[i]!);
      log.add(changes[i + 1]!);
      log.addBytes(bytes.subarray(changes[i], changes[i]! + changes[i + 1]!));
    }
    return result;
  }
}

function perform(
  port: KernelPort,
  what: Operation,
  [a, b, c, d, e, f, g, h]: CallArguments,
): number {
  switch (what) {
    case operation.syscall:
      return port.syscall(a, b, c, d, e, f, g, h);
    case operation.alloc:
      return port.alloc(a);
    case operation.free:
      port.free(a);
      return 0;
    case operation.processCreate:
      return port.processCreate(a, b);
    case operation.processExit:
      port.processExit(a, b);
      return 0;
    case operation.signalTake:
      return port.signalTake(a);
    case operation.watch:
      return port.watch(a, b, c, d);
    case operation.unwatch:
      return port.unwatch(a);
  }
}

export function noteAllocation(
  memory: ArgumentMemory,
  what: Operation,
  [argument]: CallArguments,
  result: number,
): void {
  if (what === operation.alloc) memory.allocated(result >>> 0, argument);
  else if (what === operation.free) memory.freed(argument);
}

/** Zeros at the end are left out. */
export function usedCount(args: readonly number[]): number {
  let count = args.length;
  while (count > 0 && args[count - 1] === 0) count--;
  return count;
}

/** How many words a call’s record has, given its head. */
export const callWords = (word: number): number => callHeadWords + countOf(word);
