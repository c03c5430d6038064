// SPDX-License-Identifier: GPL-2.0-only

/**
 * Takes a WebAssembly module apart into its sections and puts it together again: enough to drop debugging
 * information, to add a section of ours, and to see what the module imports and exports. It reads bytes; it never
 * compiles or runs a module.
 */
import { LibosError } from '../../src/errors.js';
import { Reader, concatenate, encodeUnsigned } from './wasm-bytes.js';

export interface Section {
  readonly id: number;
  /** A custom section's name. */
  readonly name: string | undefined;
  /** Everything after the section's size; of a custom section its name first. */
  readonly content: Uint8Array;
}

const magicAndVersion = Uint8Array.of(0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00);
const customSection = 0;
const importSection = 2;
const exportSection = 7;

export function readModule(bytes: Uint8Array, file: string): Section[] {
  if (!magicAndVersion.every((byte, index) => bytes[index] === byte)) {
    throw new LibosError('ERR_LIBOS_KERNEL_FILE', `${file} is not a WebAssembly module`);
  }
  const reader = new Reader(bytes, file, magicAndVersion.length);
  const sections: Section[] = [];
  while (!reader.atEnd) {
    const id = reader.byte();
    const content = reader.bytes(reader.unsigned());
    const name = id === customSection ? new Reader(content, file).text() : undefined;
    sections.push({ id, name, content });
  }
  return sections;
}

export function writeModule(sections: readonly Section[]): Uint8Array {
  const parts = sections.flatMap(({ id, content }) => [
    Uint8Array.of(id),
    encodeUnsigned(content.length),
    content,
  ]);
  return concatenate([magicAndVersion, ...parts]);
}

/** The custom section by which a stack trace names functions. */
export const nameSection = 'name';

/** Without DWARF. */
export function withoutDebugging(sections: readonly Section[]): Section[] {
  return sections.filter(({ name }) => !name?.startsWith('.debug_'));
}

/** With a custom section of that name at the end, in place of one that is there. */
export function withCustomSection(
  sections: readonly Section[],
  name: string,
  payload: Uint8Array,
): Section[] {
  const encodedName = new TextEncoder().encode(name);
  const content = concatenate([encodeUnsigned(encodedName.length), encodedName, payload]);
  return [...sections.filter((each) => each.name !== name), { id: customSection, name, content }];
}

export interface Interface {
  /** `module.field` of every import. */
  readonly imports: readonly string[];
  readonly exports: readonly string[];
  /** The size of the memory that the module imports; undefined if it imports none. */
  readonly memoryInitialPages: number | undefined;
}

/** What the module imports and exports. */
export function readInterface(sections: readonly Section[], file: string): Interface {
  const imports: string[] = [];
  let memoryInitialPages: number | undefined;
  for (const reader of entries(sections, importSection, file)) {
    imports.push(`${reader.text()}.${reader.text()}`);
    memoryInitialPages = readImportType(reader) ?? memoryInitialPages;
  }
  const exports: string[] = [];
  for (const reader of entries(sections, exportSection, file)) {
    exports.push(reader.text());
    reader.byte();
    reader.unsigned();
  }
  return { imports, exports, memoryInitialPages };
}

/** The reader, placed before each entry of a section's vector in turn. */
function* entries(sections: readonly Section[], id: number, file: string): Generator<Reader> {
  const section = sections.find((each) => each.id === id);
  if (section === undefined) return;
  const reader = new Reader(section.content, file);
  const count = reader.unsigned();
  for (let index = 0; index < count; index++) yield reader;
}

/** Reads over the type of an import; of a memory returns its initial size. */
function readImportType(reader: Reader): number | undefined {
  const kind = reader.byte();
  switch (kind) {
    case 0: // function: its type
      reader.unsigned();
      return undefined;
    case 1: // table: the type of its elements, then limits
      reader.byte();
      reader.limits();
      return undefined;
    case 2:
      return reader.limits();
    case 3: // global: its type, and whether it can change
      reader.byte();
      reader.byte();
      return undefined;
    default:
      throw reader.malformed(`an import of kind ${kind}`);
  }
}
