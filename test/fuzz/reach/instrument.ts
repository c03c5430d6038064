// SPDX-License-Identifier: GPL-2.0-only

/**
 * Makes a kernel that says which of its code has run, out of any kernel.wasm: each basic block sets a byte of its own
 * the first time it runs, and puts its number on a list. Both lie behind the kernel's image, in memory that Linux
 * takes for a part of that image. Nothing is compiled again.
 */
import { concatenate, encodeUnsigned, Reader } from '../../../kernel/build/wasm-bytes.js';
import {
  readModule,
  withCustomSection,
  writeModule,
  type Section,
} from '../../../kernel/build/wasm-module.js';
import { manifestSection, type Manifest } from '../../../kernel/build/manifest.js';
import { opcodes, skipInstruction } from './instructions.js';

export interface InstrumentedKernel {
  readonly bytes: Uint8Array;
  /** Where the kernel counts the blocks that have run; their numbers lie behind that word. */
  readonly countAddress: number;
  readonly blockCount: number;
  readonly functions: readonly InstrumentedFunction[];
}

export interface CodeFunction {
  readonly name: string;
  /** Where its body begins in the code section: its address, as debugging information has it. */
  readonly address: number;
}

export interface InstrumentedFunction extends CodeFunction {
  /** Its blocks are numbered in a row. */
  readonly firstBlock: number;
  readonly blockAddresses: readonly number[];
}

const ids = { type: 1, import: 2, function: 3, code: 10 } as const;
const wasmPageBytes = 65_536;
/** The port's function that tells Linux where its image ends. */
const imageEndFunction = 'lib_form_memory';
const file = 'the kernel to instrument';

/** `wanted` says which functions are looked at; the others are as they were. */
export function instrument(
  kernel: Uint8Array,
  wanted: (code: CodeFunction) => boolean,
): InstrumentedKernel {
  const sections = readModule(kernel, file);
  const content = (id: number): Uint8Array => sections.find((each) => each.id === id)!.content;
  const manifest = readManifest(sections);
  const imageBytes = manifest.memoryInitialPages! * wasmPageBytes;
  const names = functionNames(sections.find(({ name }) => name === 'name')!.content);
  const imported = importedFunctions(new Reader(content(ids.import), file));
  const types = new Reader(content(ids.type), file).unsigned();
  const defined = new Reader(content(ids.function), file).unsigned();

  const reader = new Reader(content(ids.code), file);
  const bodies: Body[] = [];
  const functions: InstrumentedFunction[] = [];
  let blockCount = 0;
  for (let count = reader.unsigned(); bodies.length < count;) {
    const name = names.get(imported + bodies.length) ?? '';
    const size = reader.unsigned();
    const address = reader.offset;
    const body = reader.bytes(size);
    const at = wanted({ name, address }) ? blockStarts(body) : [];
    if (at.length > 0) {
      const offsets = at.map((offset) => address + offset);
      functions.push({ name, address, firstBlock: blockCount, blockAddresses: offsets });
    }
    bodies.push({ name, body, at, firstBlock: blockCount });
    blockCount += at.length;
  }
  const countAddress = imageBytes;
  const mapAddress = countAddress + 4 + 4 * blockCount;
  const addedPages = Math.ceil((4 + 5 * blockCount) / wasmPageBytes);
  const reached = imported + defined;
  const code = concatenate([
    encodeUnsigned(bodies.length + 1),
    ...bodies.flatMap(({ name, body, at, firstBlock }) => {
      const changed =
        name === imageEndFunction
          ? withImageEnd(body, imageBytes, imageBytes + addedPages * wasmPageBytes)
          : withMarks(body, at, (index) => mark(firstBlock + index, mapAddress, reached));
      return [encodeUnsigned(changed.length), changed];
    }),
    sized(reachedBody(countAddress, mapAddress)),
  ]);
  const added = new Map<number, Uint8Array>([
    [ids.type, withItem(content(ids.type), Uint8Array.of(0x60, 1, 0x7f, 0))],
    [ids.function, withItem(content(ids.function), encodeUnsigned(types))],
    [ids.code, code],
  ]);
  const changed = sections.map((section) => ({
    ...section,
    content: added.get(section.id) ?? section.content,
  }));
  const larger = {
    ...manifest,
    memoryInitialPages: manifest.memoryInitialPages! + addedPages,
  };
  const payload = new TextEncoder().encode(JSON.stringify(larger));
  const bytes = writeModule(withCustomSection(changed, manifestSection, payload));
  return { bytes, countAddress, blockCount, functions };
}

function skipLocals(reader: Reader): void {
  for (let locals = reader.unsigned(); locals > 0; locals--) {
    reader.unsigned();
    reader.byte();
  }
}

interface Body {
  readonly name: string;
  readonly body: Uint8Array;
  /** Where its blocks begin. */
  readonly at: readonly number[];
  readonly firstBlock: number;
}

const beginsBlock = new Set<number>([
  opcodes.end,
  opcodes.loop,
  opcodes.if,
  opcodes.else,
  opcodes.branchIf,
]);

/** Behind the locals, and behind whatever code jumps to or goes on after when it does not jump. */
function blockStarts(body: Uint8Array): number[] {
  const reader = new Reader(body, file);
  const starts: number[] = [];
  skipLocals(reader);
  starts.push(reader.offset);
  let previous: number = opcodes.block;
  while (!reader.atEnd) {
    const instruction = skipInstruction(reader);
    // Of several ends in a row the last one.
    if (instruction === opcodes.end && previous === opcodes.end) starts.pop();
    if (beginsBlock.has(instruction)) starts.push(reader.offset);
    previous = instruction;
  }
  // Behind the function's own end there is nothing.
  starts.pop();
  return starts;
}

function withMarks(
  body: Uint8Array,
  at: readonly number[],
  mark: (index: number) => Uint8Array,
): Uint8Array {
  if (at.length === 0) return body;
  const parts: Uint8Array[] = [];
  let from = 0;
  for (const [index, offset] of at.entries()) {
    parts.push(body.subarray(from, offset), mark(index));
    from = offset;
  }
  parts.push(body.subarray(from));
  return concatenate(parts);
}

const load8 = [0x2d, 0];
const store8 = [0x3a, 0];
const load32 = [0x28, 2];
const store32 = [0x36, 2];
const zero = [opcodes.constant, 0];
const one = [opcodes.constant, 1];
const parameter = [0x20, 0];
const [add, shiftLeft, isZero] = [0x6a, 0x74, 0x45];

/** `if (!map[block]) reached(block)` */
function mark(block: number, mapAddress: number, reached: number): Uint8Array {
  return Uint8Array.of(
    ...[...zero, ...load8, ...encodeUnsigned(mapAddress + block), isZero],
    ...[opcodes.if, 0x40, opcodes.constant, ...encodeSigned(block)],
    ...[opcodes.call, ...encodeUnsigned(reached), opcodes.end],
  );
}

/** `map[block] = 1; list[count] = block; count++` */
function reachedBody(countAddress: number, mapAddress: number): Uint8Array {
  const count = encodeUnsigned(countAddress);
  return Uint8Array.of(
    0,
    ...[...parameter, ...one, ...store8, ...encodeUnsigned(mapAddress)],
    ...[...zero, ...load32, ...count, opcodes.constant, 2, shiftLeft],
    ...[...parameter, ...store32, ...encodeUnsigned(countAddress + 4)],
    ...[...zero, ...zero, ...load32, ...count, ...one, add, ...store32, ...count],
    opcodes.end,
  );
}

/** The function with another number where it names the image's end. */
function withImageEnd(body: Uint8Array, imageBytes: number, newEnd: number): Uint8Array {
  const reader = new Reader(body, file);
  skipLocals(reader);
  const found: (readonly [from: number, to: number])[] = [];
  while (!reader.atEnd) {
    const from = reader.offset;
    if (skipInstruction(reader) !== opcodes.constant) continue;
    const value = readSigned(body.subarray(from + 1, reader.offset));
    // The linker's __heap_base, rounded up to a page of Linux or about to be.
    if (value > imageBytes - wasmPageBytes && value < imageBytes + 4096)
      found.push([from, reader.offset]);
  }
  if (found.length !== 1) throw reader.malformed(`${found.length} ends of its image`);
  const [from, to] = found[0]!;
  return concatenate([
    body.subarray(0, from),
    Uint8Array.of(opcodes.constant, ...encodeSigned(newEnd)),
    body.subarray(to),
  ]);
}

function readManifest(sections: readonly Section[]): Manifest {
  const reader = new Reader(sections.find(({ name }) => name === manifestSection)!.content, file);
  reader.text();
  const start = reader.offset;
  while (!reader.atEnd) reader.byte();
  return JSON.parse(new TextDecoder().decode(reader.since(start))) as Manifest;
}

/** The names of functions, by index. */
function functionNames(content: Uint8Array): Map<number, string> {
  const reader = new Reader(content, file);
  reader.text();
  const names = new Map<number, string>();
  while (!reader.atEnd) {
    const kind = reader.byte();
    const part = new Reader(reader.bytes(reader.unsigned()), file);
    if (kind !== 1) continue;
    for (let count = part.unsigned(); count > 0; count--) names.set(part.unsigned(), part.text());
  }
  return names;
}

/** How many functions the module imports; beside them it imports its memory. */
function importedFunctions(reader: Reader): number {
  let functions = 0;
  for (let count = reader.unsigned(); count > 0; count--) {
    reader.text();
    reader.text();
    if (reader.byte() === 0) {
      reader.unsigned();
      functions++;
    } else reader.limits();
  }
  return functions;
}

function withItem(content: Uint8Array, item: Uint8Array): Uint8Array {
  const reader = new Reader(content, file);
  const count = reader.unsigned();
  return concatenate([encodeUnsigned(count + 1), content.subarray(reader.offset), item]);
}

function sized(body: Uint8Array): Uint8Array {
  return concatenate([encodeUnsigned(body.length), body]);
}

function encodeSigned(value: number): Uint8Array {
  const bytes = encodeUnsigned(value);
  return (bytes.at(-1)! & 0x40) === 0 ? bytes : encodeUnsigned(value, bytes.length + 1);
}

function readSigned(bytes: Uint8Array): number {
  let value = 0;
  for (const [index, byte] of bytes.entries()) value |= (byte & 0x7f) << (7 * index);
  const unused = 32 - 7 * bytes.length;
  return unused > 0 ? (value << unused) >> unused : value;
}
