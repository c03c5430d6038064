// SPDX-License-Identifier: GPL-2.0-only

/**
 * Takes the function table out of a linked kernel. An engine builds a table for each instance: for ours 600 KiB a
 * host and 5 ms a start in V8, where the code itself is shared. So each call through a pointer becomes a call of a
 * dispatcher, one for each signature (dispatcher-code.ts). Pointers to functions of one signature get values in a
 * row. Code keeps its length, so that debugging information stays true.
 */
import { dispatcherPrefix } from '../abi/dispatcher-name.js';
import { dispatcherCode } from './dispatcher-code.js';
import { withFunctionPointers } from './function-pointers.js';
import { Reader, concatenate, encodeUnsigned } from './wasm-bytes.js';
import { findIndirectCalls } from './wasm-code.js';
import type { Section } from './wasm-module.js';

const ids = { type: 1, import: 2, function: 3, table: 4, export: 7, element: 9, code: 10 } as const;
const i32 = 0x7f;

interface FunctionType {
  readonly parameters: readonly number[];
  readonly results: readonly number[];
}

/** A function that the table holds. */
interface Entry {
  readonly pointer: number;
  readonly target: number;
}

/** A function that is added; its type is that of the functions it leads to, with the pointer behind. */
interface MadeFunction {
  readonly type: number;
  readonly name: string;
  readonly body: Uint8Array;
}

/** The module without its table; as it is when it has none. */
export function withoutFunctionTable(linked: readonly Section[], file: string): Section[] {
  const read = (id: number, from = linked): Reader | undefined => {
    const section = from.find((each) => each.id === id && each.name === undefined);
    return section && new Reader(section.content, file);
  };
  const elements = read(ids.element);
  if (!elements || !read(ids.code)) return [...linked];
  const types = readTypes(read(ids.type));
  const typeOf = readFunctionTypes(read(ids.import), read(ids.function));
  const { entries, renumbered } = inRows(readElements(elements), typeOf);
  const sections = withFunctionPointers(linked, renumbered, file);
  const code = read(ids.code, sections)!;
  const dispatchers = new Map<number, number>();
  const dispatcherOf = (type: number): number => {
    const index = dispatchers.get(type) ?? typeOf.length + dispatchers.size;
    dispatchers.set(type, index);
    return index;
  };
  const bodies = redirectCalls(code, dispatcherOf);
  const typesOfMade = [...dispatchers.keys()];
  const made = dispatcherFunctions(typesOfMade, typeOf.length + typesOfMade.length);
  const added = {
    types: typesOfMade.map((type) => {
      const { parameters, results } = types[type]!;
      return encodeType({ parameters: [...parameters, i32], results });
    }),
    functions: made.map(({ type }) => encodeUnsigned(types.length + typesOfMade.indexOf(type))),
    bodies: made.map(({ body }) => concatenate([encodeUnsigned(body.length), body])),
  };
  return sections.flatMap((section) => {
    const become = (content: Uint8Array): Section[] => [{ ...section, content }];
    if (section.name === 'name') {
      return become(withNames(section.content, file, typeOf.length, made));
    }
    switch (section.id) {
      case ids.type:
        return become(withItems(section.content, file, added.types));
      case ids.function:
        return become(withItems(section.content, file, added.functions));
      case ids.table:
      case ids.element:
        return [];
      case ids.export:
        return become(withoutTables(section.content, file));
      case ids.code:
        return become(withItems(bodies, file, added.bodies));
      default:
        return [section];
    }
  });

  /** Dispatchers of these types, in their order, and then what they go through. */
  function dispatcherFunctions(all: readonly number[], firstGroup: number): MadeFunction[] {
    const groups: MadeFunction[] = [];
    const made = all.map((type) => {
      const signature = types[type]!;
      const own = entries.filter(({ target }) => typeOf[target] === type);
      const code = dispatcherCode(
        signature.parameters.length,
        own[0]?.pointer ?? 0,
        own.map(({ target }) => target),
        firstGroup + groups.length,
      );
      const name = dispatcherName(signature);
      for (const body of code.groups) groups.push({ type, name: `${name}_group`, body });
      return { type, name, body: code.body };
    });
    return [...made, ...groups];
  }
}

function readTypes(reader: Reader | undefined): FunctionType[] {
  return vector(reader, (each) => {
    if (each.byte() !== 0x60) throw each.malformed('a type that is no function');
    const parameters = [...each.bytes(each.unsigned())];
    return { parameters, results: [...each.bytes(each.unsigned())] };
  });
}

/** The type of each function, imported ones first. */
function readFunctionTypes(imports: Reader | undefined, functions: Reader | undefined): number[] {
  const imported = vector(imports, (each) => {
    each.text();
    each.text();
    const kind = each.byte();
    if (kind === 0) return each.unsigned();
    if (kind !== 2) throw each.malformed('an import that is neither function nor memory');
    each.limits();
    return undefined;
  });
  return [
    ...imported.filter((type) => type !== undefined),
    ...vector(functions, (each) => each.unsigned()),
  ];
}

/** The one segment that wasm-ld makes: functions in a row, from a constant on. */
function readElements(reader: Reader): Entry[] {
  const isPlain =
    reader.unsigned() === 1 && reader.unsigned() === 0 && reader.byte() === 0x41; /* i32.const */
  if (!isPlain) throw reader.malformed('function pointers that are not in one row');
  const first = reader.unsigned();
  if (reader.byte() !== 0x0b) throw reader.malformed('a function table without a fixed place');
  return vector(reader, (each) => each.unsigned()).map((target, index) => ({
    pointer: first + index,
    target,
  }));
}

/** Pointers to functions of one type in a row, in the order that they had; and each new one by the old one. */
function inRows(
  entries: readonly Entry[],
  typeOf: readonly number[],
): { readonly entries: readonly Entry[]; readonly renumbered: ReadonlyMap<number, number> } {
  const first = entries[0]?.pointer ?? 0;
  const typeOfEntry = ({ target }: Entry): number => typeOf[target]!;
  const sorted = [...entries].sort(
    (a, b) => typeOfEntry(a) - typeOfEntry(b) || a.pointer - b.pointer,
  );
  return {
    entries: sorted.map(({ target }, index) => ({ pointer: first + index, target })),
    renumbered: new Map(sorted.map(({ pointer }, index) => [pointer, first + index])),
  };
}

/** The code section with each call through a pointer replaced by one of a dispatcher, in as many bytes. */
function redirectCalls(reader: Reader, dispatcherOf: (type: number) => number): Uint8Array {
  const start = reader.offset;
  const functions = reader.unsigned();
  const calls = Array.from({ length: functions }, () =>
    findIndirectCalls(reader, reader.unsigned() + reader.offset),
  ).flat();
  const bytes = reader.since(start);
  for (const { start: from, end, type } of calls) {
    const call = Uint8Array.of(0x10, ...encodeUnsigned(dispatcherOf(type)));
    if (call.length > end - from) throw reader.malformed('a call with too little room');
    // What is left over does nothing.
    bytes.fill(0x01, from, end);
    bytes.set(call, from);
  }
  return bytes;
}

/** A vector with more items; its count keeps its length, so that what follows keeps its place. */
function withItems(content: Uint8Array, file: string, items: readonly Uint8Array[]): Uint8Array {
  const reader = new Reader(content, file);
  const count = reader.unsigned();
  const length = reader.offset;
  return concatenate([
    encodeUnsigned(count + items.length, length),
    content.subarray(length),
    ...items,
  ]);
}

function withoutTables(content: Uint8Array, file: string): Uint8Array {
  const exports = vector(new Reader(content, file), (each) => {
    const start = each.offset;
    each.text();
    const kind = each.byte();
    each.unsigned();
    return { kind, bytes: each.since(start) };
  });
  const kept = exports.filter(({ kind }) => kind !== 1);
  return concatenate([encodeUnsigned(kept.length), ...kept.map(({ bytes }) => bytes)]);
}

/** The name section with the dispatchers' names among those of functions. */
function withNames(
  content: Uint8Array,
  file: string,
  firstFunction: number,
  made: readonly MadeFunction[],
): Uint8Array {
  const functionNames = 1;
  const reader = new Reader(content, file);
  reader.text();
  const parts = [reader.since(0)];
  while (!reader.atEnd) {
    const id = reader.byte();
    const names = reader.bytes(reader.unsigned());
    const all =
      id === functionNames
        ? withItems(
            names,
            file,
            made.map((each, index) => {
              const name = new TextEncoder().encode(each.name);
              return concatenate([
                encodeUnsigned(firstFunction + index),
                encodeUnsigned(name.length),
                name,
              ]);
            }),
          )
        : names;
    parts.push(Uint8Array.of(id), encodeUnsigned(all.length), all);
  }
  return concatenate(parts);
}

/** `call_indirect_iij_i`: parameters and results. */
function dispatcherName({ parameters, results }: FunctionType): string {
  const letters = new Map([
    [i32, 'i'],
    [0x7e, 'j'],
    [0x7d, 'f'],
    [0x7c, 'd'],
  ]);
  const text = (types: readonly number[]): string =>
    types.map((type) => letters.get(type) ?? 'x').join('');
  return `${dispatcherPrefix}${text(parameters)}_${text(results)}`;
}

function encodeType({ parameters, results }: FunctionType): Uint8Array {
  return Uint8Array.of(
    0x60,
    ...encodeUnsigned(parameters.length),
    ...parameters,
    ...encodeUnsigned(results.length),
    ...results,
  );
}

function vector<T>(reader: Reader | undefined, read: (reader: Reader) => T): T[] {
  if (reader === undefined) return [];
  return Array.from({ length: reader.unsigned() }, () => read(reader));
}
