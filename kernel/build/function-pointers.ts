// SPDX-License-Identifier: GPL-2.0-only

/**
 * Gives the function pointers of a linked module new values. The linker hands them out as it meets the functions; where
 * those of one signature stand in a row, a jump by the pointer's value has no gaps. What the linker says about the
 * places that hold pointers (--emit-relocs; WebAssembly tool conventions, "Linking") makes that possible.
 */
import type { LibosError } from '../../src/errors.js';
import { Reader } from './wasm-bytes.js';
import type { Section } from './wasm-module.js';

/** Kinds of such places: a padded number in code, and a word in data. */
const tableIndexSleb = 1;
const tableIndexI32 = 2;
/** Others that a table's position, or one in another memory model, would be in. */
const unknownTableKinds: ReadonlySet<number> = new Set([12, 18, 19, 24]);
/** Kinds whose entries have an addend: addresses of memory, and places in functions and sections. */
const kindsWithAddend: ReadonlySet<number> = new Set([
  3, 4, 5, 8, 9, 11, 14, 15, 16, 17, 21, 22, 23, 25,
]);
const paddedBytes = 5;

const isRelocation = ({ name }: Section): boolean => name?.startsWith('reloc.') ?? false;

/** Without what only a linker wants to know. */
export function withoutLinking(sections: readonly Section[]): Section[] {
  return sections.filter((section) => section.name !== 'linking' && !isRelocation(section));
}

/** Each pointer in code and data as `renumbered` has it. Context: the module has its relocations. */
export function withFunctionPointers(
  sections: readonly Section[],
  renumbered: ReadonlyMap<number, number>,
  file: string,
): Section[] {
  const changed = [...sections];
  const all = sections.filter(isRelocation);
  if (all.length === 0) throw damaged(file, 'no word of where function pointers are');
  for (const relocations of all) {
    const reader = new Reader(relocations.content, file);
    reader.text();
    const target = reader.unsigned();
    const section = sections[target];
    if (section === undefined) throw reader.malformed('places in a section that it lacks');
    // Of debugging information, which has no function's pointer.
    if (section.name !== undefined) continue;
    const content = section.content.slice();
    for (let left = reader.unsigned(); left > 0; left--) {
      const kind = reader.byte();
      const at = reader.unsigned();
      reader.skipNumber();
      if (kindsWithAddend.has(kind)) reader.skipNumber();
      if (unknownTableKinds.has(kind)) throw reader.malformed(`a pointer of kind ${kind}`);
      if (kind === tableIndexSleb) writePadded(content, at, pointerAfter(readPadded(content, at)));
      if (kind === tableIndexI32) writeWord(content, at, pointerAfter(readWord(content, at)));
    }
    changed[target] = { ...section, content };
  }
  return changed;

  /** Null, of a weak function that nobody defines, stays so. */
  function pointerAfter(pointer: number): number {
    if (pointer === 0) return 0;
    const after = renumbered.get(pointer);
    if (after === undefined) throw damaged(file, `a pointer ${pointer} to no function`);
    return after;
  }
}

function damaged(file: string, what: string): LibosError {
  return new Reader(new Uint8Array(), file).malformed(what);
}

/** A pointer is below 2^31: the last byte has no sign. */
function readPadded(bytes: Uint8Array, at: number): number {
  let value = 0;
  for (let i = 0; i < paddedBytes; i++) value += (bytes[at + i]! & 0x7f) * 2 ** (7 * i);
  return value;
}

function writePadded(bytes: Uint8Array, at: number, value: number): void {
  for (let i = 0; i < paddedBytes; i++) {
    const more = i < paddedBytes - 1 ? 0x80 : 0;
    bytes[at + i] = (Math.floor(value / 2 ** (7 * i)) & 0x7f) | more;
  }
}

function readWord(bytes: Uint8Array, at: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(at, true);
}

function writeWord(bytes: Uint8Array, at: number, value: number): void {
  new DataView(bytes.buffer, bytes.byteOffset).setUint32(at, value, true);
}
