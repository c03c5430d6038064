// SPDX-License-Identifier: GPL-2.0-only

/** The instructions of WebAssembly functions as clang makes them for C, one after the other. */
import type { Reader } from '../../../kernel/build/wasm-bytes.js';

export const opcodes = {
  block: 0x02,
  loop: 0x03,
  if: 0x04,
  else: 0x05,
  end: 0x0b,
  branchIf: 0x0d,
  branchTable: 0x0e,
  call: 0x10,
  constant: 0x41,
} as const;

/** How many numbers follow an instruction, which all are LEB128. */
const numbers = new Map<number, number>([
  ...each([0x02, 0x03, 0x04, 0x0c, 0x0d, 0x10], 1), // block, loop, if, br, br_if, call
  [0x11, 2], // call_indirect
  ...each(range(0x20, 0x24), 1), // variables
  ...each(range(0x28, 0x3e), 2), // loads and stores: alignment, offset
  ...each([0x3f, 0x40, 0x41, 0x42], 1), // memory.size and grow, constants
  ...each([0x00, 0x01, 0x05, 0x0b, 0x0f, 0x1a, 0x1b], 0),
  ...each(range(0x45, 0xc4), 0), // arithmetic
]);

/** Numbers after 0xfc and the instruction's own: conversions that saturate, memory in bulk. */
const bulkNumbers = new Map<number, number>([
  ...each(range(0, 7), 0),
  [8, 2],
  [9, 1],
  [10, 2],
  [11, 1],
]);

/** After 0xfd: vectors. Only constants and lanes are bytes, which may look like a number that goes on. */
function skipVectorOperands(reader: Reader): number {
  const instruction = reader.unsigned();
  if (instruction <= 11 || instruction === 92 || instruction === 93) return 2;
  if (instruction === 12 || instruction === 13) reader.bytes(16);
  else if (instruction >= 21 && instruction <= 34) reader.byte();
  else if (instruction >= 84 && instruction <= 91) {
    reader.skipNumber();
    reader.skipNumber();
    reader.byte();
  }
  return 0;
}

/** Reads over one instruction and returns its first byte. */
export function skipInstruction(reader: Reader): number {
  const instruction = reader.byte();
  const count = numbersBehind(instruction, reader);
  if (count === undefined) {
    throw reader.malformed(`an instruction 0x${instruction.toString(16)} that is not expected`);
  }
  for (let i = 0; i < count; i++) reader.skipNumber();
  return instruction;
}

function numbersBehind(instruction: number, reader: Reader): number | undefined {
  if (instruction === opcodes.branchTable) return reader.unsigned() + 1;
  if (instruction === 0xfd) return skipVectorOperands(reader);
  if (instruction === 0xfc) return bulkNumbers.get(reader.unsigned());
  return numbers.get(instruction);
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

function each(instructions: readonly number[], count: number): [number, number][] {
  return instructions.map((instruction) => [instruction, count]);
}
