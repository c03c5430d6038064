// SPDX-License-Identifier: GPL-2.0-only

/**
 * A signal may interrupt a program just when its call has been served. The answer then finds nobody, and the program
 * makes the call again (by SA_RESTART, or on EINTR), which would send a message twice and lose what had come. So the
 * answer is kept, and is that of the thread's next call if that is the same one: by its serial number (serial.ts) where it
 * has one, which a static program's have not. Those are compared here.
 */
import { isSystemError } from '../../posix/index.js';
import type { Call, Caller } from '../call.js';
import type { CallRow } from '../calls/decode.js';
import type { CallName } from '../calls/table.js';

/** Where in a program's memory a call has read and written: address, length, address, length … */
export class CallMemory {
  readonly read: number[] = [];
  readonly written: number[] = [];
}

/** The first `total` bytes of segments, added to a list of them. */
export function note(list: number[] | undefined, segments: readonly number[], total: number): void {
  if (list === undefined) return;
  let left = total;
  for (let i = 0; i < segments.length && left > 0; i += 2) {
    const length = Math.min(segments[i + 1]!, left);
    list.push(segments[i]!, length);
    left -= length;
  }
}

interface Piece {
  readonly address: number;
  readonly bytes: Uint8Array;
}

/** What is kept of a call. */
export interface ServedCall extends Call {
  /** Undefined for one that may as well be made again, or has a serial number. */
  readonly memory: CallMemory | undefined;
  readonly row: CallRow;
}

export class UnheardAnswer {
  readonly caller: Caller;
  readonly #name: CallName;
  readonly #arguments: readonly number[];
  readonly #value: number;
  readonly #written: readonly Piece[];
  /** What else the call had read, which is the same where the same call is made. */
  readonly #read: readonly Piece[];

  private constructor(call: ServedCall, memory: CallMemory, value: number) {
    this.caller = call.caller;
    this.#name = call.name;
    this.#arguments = argumentsOf(call);
    this.#value = value;
    // Read now, which must not count as the call's own reading.
    const [written, read] = [[...memory.written], [...memory.read]];
    this.#written = piecesAt(call, written);
    this.#read = piecesAt(call, read);
  }

  /** Of a call whose answer was `value`; undefined where none is to be kept, or the program has ended. */
  static of(call: ServedCall, value: number): UnheardAnswer | undefined {
    if (call.memory === undefined) return undefined;
    try {
      return new UnheardAnswer(call, call.memory, value);
    } catch (error) {
      if (!isSystemError(error)) throw error;
      return undefined;
    }
  }

  /** Answers a call if it is the same one, made again. */
  giveTo(call: ServedCall): boolean {
    if (call.name !== this.#name) return false;
    if (argumentsOf(call).some((argument, i) => argument !== this.#arguments[i])) return false;
    try {
      if (call.caller !== this.caller || !this.#read.every((piece) => this.#isThere(call, piece))) {
        return false;
      }
      for (const { address, bytes } of this.#written) call.write(address, bytes);
    } catch (error) {
      if (!isSystemError(error)) throw error;
      return false;
    }
    call.answer(this.#value);
    return true;
  }

  /** Whether the memory is as it was, but for what the call has written there. */
  #isThere(call: Call, { address, bytes }: Piece): boolean {
    const now = call.read(address, bytes.length);
    return now.every((byte, i) => byte === bytes[i] || this.#hasWritten(address + i));
  }

  #hasWritten(address: number): boolean {
    return this.#written.some(
      (piece) => address >= piece.address && address < piece.address + piece.bytes.length,
    );
  }
}

/** Without what lies in the registers behind them, and above what a C program sets of an int. */
function argumentsOf(call: ServedCall): number[] {
  return call.row.description.arguments.map(([, kind], index) =>
    kind === 'address' ? call.unsigned(index) : call.int(index),
  );
}

function piecesAt(call: Call, list: readonly number[]): Piece[] {
  const pieces: Piece[] = [];
  for (let i = 0; i < list.length; i += 2) {
    const [address, length] = [list[i]!, list[i + 1]!];
    pieces.push({ address, bytes: call.read(address, length) });
  }
  return pieces;
}
