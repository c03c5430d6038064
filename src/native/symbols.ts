// SPDX-License-Identifier: GPL-2.0-only

/** Names of a kernel's functions by their place in its shared object: the symbol table of an ELF file of 64 bits. */
import { readFileSync } from 'node:fs';

interface Section {
  readonly type: number;
  readonly offset: number;
  readonly sizeBytes: number;
  readonly link: number;
}

const sectionTypeSymbols = 2;
const symbolBytes = 24;
const symbolTypeFunction = 2;

const tables = new Map<string, SymbolTable>();

/** The table of a file, which is read once; empty where it has none. */
export function symbolsOf(path: string): SymbolTable {
  let table = tables.get(path);
  if (!table) {
    table = new SymbolTable(readFileSync(path));
    tables.set(path, table);
  }
  return table;
}

export class SymbolTable {
  readonly #starts: number[];
  readonly #names: string[];

  constructor(file: Buffer) {
    const found = functionsOf(file).sort((a, b) => a.start - b.start);
    this.#starts = found.map(({ start }) => start);
    this.#names = found.map(({ name }) => name);
  }

  /** The function that an offset lies in or after; undefined before the first. */
  nameAt(offset: number): string | undefined {
    let low = 0;
    let high = this.#starts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#starts[middle]! <= offset) low = middle + 1;
      else high = middle;
    }
    return this.#names[low - 1];
  }
}

function functionsOf(file: Buffer): { start: number; name: string }[] {
  const sections = sectionsOf(file);
  const symbols = sections.find(({ type }) => type === sectionTypeSymbols);
  const strings = symbols && sections[symbols.link];
  if (!symbols || !strings) return [];
  const found: { start: number; name: string }[] = [];
  for (let at = symbols.offset; at < symbols.offset + symbols.sizeBytes; at += symbolBytes) {
    if ((file[at + 4]! & 0xf) !== symbolTypeFunction) continue;
    const start = Number(file.readBigUInt64LE(at + 8));
    const nameAt = strings.offset + file.readUInt32LE(at);
    if (start !== 0) {
      found.push({ start, name: file.toString('latin1', nameAt, file.indexOf(0, nameAt)) });
    }
  }
  return found;
}

function sectionsOf(file: Buffer): Section[] {
  const start = Number(file.readBigUInt64LE(40));
  const sizeBytes = file.readUInt16LE(58);
  const count = file.readUInt16LE(60);
  return Array.from({ length: count }, (_, i) => {
    const at = start + i * sizeBytes;
    return {
      type: file.readUInt32LE(at + 4),
      offset: Number(file.readBigUInt64LE(at + 24)),
      sizeBytes: Number(file.readBigUInt64LE(at + 32)),
      link: file.readUInt32LE(at + 40),
    };
  });
}
