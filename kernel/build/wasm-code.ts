// SPDX-License-Identifier: GPL-2.0-only

/**
 * Walks the instructions of WebAssembly functions, as far as clang makes them for C, to find the calls through
 * function pointers.
 */
import type { Reader } from './wasm-bytes.js';

/** A `call_indirect`, with bytes counted from where the reader began. */
export interface IndirectCall {
  readonly start: number;
  readonly end: number;
  /** Index of the function's type. */
  readonly type: number;
}

const callIndirect = 0x11;

/** Operands of an instruction, in order: n a number, b a byte, 4, 8 or 16 bytes, m a memory's offset and alignment. */
type Operand = 'n' | 'b' | 4 | 8 | 16 | 'm';

const operands = new Map<number, readonly Operand[]>([
  ...each([0x02, 0x03, 0x04], ['n']), // block, loop, if
  ...each([0x0c, 0x0d, 0x10], ['n']), // br, br_if, call
  ...each(range(0x20, 0x24), ['n']), // variables
  ...each(range(0x28, 0x3e), ['m']), // loads and stores
  ...each([0x3f, 0x40], ['b']), // memory.size, memory.grow
  ...each([0x41, 0x42], ['n']), // constants
  [0x43, [4]],
  [0x44, [8]],
  ...each([0x00, 0x01, 0x05, 0x0b, 0x0f, 0x1a, 0x1b], []),
  ...each(range(0x45, 0xc4), []), // arithmetic
]);

/** After 0xfc: conversions that saturate, and memory in bulk. */
const bulkOperands = new Map<number, readonly Operand[]>([
  ...each(range(0, 7), []),
  [8, ['n', 'b']],
  [9, ['n']],
  [10, ['b', 'b']],
  [11, ['b']],
]);

/** After 0xfd: vectors. */
function vectorOperands(instruction: number): readonly Operand[] {
  if (instruction <= 11 || instruction === 92 || instruction === 93) return ['m'];
  if (instruction === 12 || instruction === 13) return [16];
  if (instruction >= 21 && instruction <= 34) return ['b'];
  if (instruction >= 84 && instruction <= 91) return ['m', 'b'];
  return [];
}

/** Those of one function, whose code the reader is placed before; it is placed behind it afterwards. */
export function findIndirectCalls(reader: Reader, end: number): IndirectCall[] {
  const calls: IndirectCall[] = [];
  for (let locals = reader.unsigned(); locals > 0; locals--) {
    reader.unsigned();
    reader.byte();
  }
  while (reader.offset < end) {
    const start = reader.offset;
    const instruction = reader.byte();
    if (instruction === callIndirect) {
      const type = reader.unsigned();
      if (reader.unsigned() !== 0) throw reader.malformed('a second function table');
      calls.push({ start, end: reader.offset, type });
    } else if (instruction === 0x0e) {
      // br_table: its targets and the one for all else
      for (let targets = reader.unsigned(); targets >= 0; targets--) reader.unsigned();
    } else {
      for (const operand of operandsOf(instruction, reader)) skip(reader, operand);
    }
  }
  return calls;
}

function operandsOf(instruction: number, reader: Reader): readonly Operand[] {
  if (instruction === 0xfd) return vectorOperands(reader.unsigned());
  const found =
    instruction === 0xfc ? bulkOperands.get(reader.unsigned()) : operands.get(instruction);
  if (found === undefined) {
    throw reader.malformed(`an instruction 0x${instruction.toString(16)} that is not expected`);
  }
  return found;
}

function skip(reader: Reader, operand: Operand): void {
  if (operand === 'n') reader.skipNumber();
  else if (operand === 'b') reader.byte();
  else if (operand === 'm') {
    reader.skipNumber();
    reader.skipNumber();
  } else reader.bytes(operand);
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

function each(
  instructions: readonly number[],
  taken: readonly Operand[],
): [number, readonly Operand[]][] {
  return instructions.map((instruction) => [instruction, taken]);
}
