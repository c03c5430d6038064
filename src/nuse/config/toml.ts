// SPDX-License-Identifier: GPL-2.0-only

/** TOML with the place of every value, so that an error about one says its line. */
import { getStaticTOMLValue, ParseError, parseTOML, type AST } from 'toml-eslint-parser';
import { LibosError } from '../../errors.js';

type Path = readonly (string | number)[];

export interface TomlDocument {
  readonly value: unknown;
  /** "file:line:column" of a value, or of the nearest that it is in. */
  place(path: Path): string;
}

/** `file` is for messages. Throws ERR_LIBOS_CONFIG with the place of a mistake. */
export function readToml(text: string, file: string): TomlDocument {
  let program: AST.TOMLProgram;
  try {
    program = parseTOML(text, { tomlVersion: '1.0' });
  } catch (cause) {
    if (!(cause instanceof ParseError)) throw cause;
    throw new LibosError(
      'ERR_LIBOS_CONFIG',
      `${file}:${cause.lineNumber}:${cause.column + 1}: ${cause.message}`,
      { hint: 'the file must be TOML 1.0 (https://toml.io)', cause },
    );
  }
  const places = new Map<string, AST.SourceLocation>();
  noteContent(program.body[0].body, [], places);
  return {
    value: getStaticTOMLValue(program),
    place(path) {
      for (let length = path.length; length > 0; length--) {
        const found = places.get(keyOf(path.slice(0, length)));
        if (found) return `${file}:${found.start.line}:${found.start.column + 1}`;
      }
      return file;
    },
  };
}

const keyOf = (path: Path): string => JSON.stringify(path);

function noteContent(
  nodes: readonly (AST.TOMLKeyValue | AST.TOMLTable)[],
  at: Path,
  places: Map<string, AST.SourceLocation>,
): void {
  for (const node of nodes) {
    if (node.type === 'TOMLTable') {
      note(node.resolvedKey, node.key.loc, places);
      noteContent(node.body, node.resolvedKey, places);
      continue;
    }
    let path = at;
    for (const key of node.key.keys) {
      path = [...path, key.type === 'TOMLBare' ? key.name : key.value];
      note(path, key.loc, places);
    }
    noteValue(node.value, path, places);
  }
}

function noteValue(
  node: AST.TOMLContentNode,
  path: Path,
  places: Map<string, AST.SourceLocation>,
): void {
  if (node.type === 'TOMLInlineTable') noteContent(node.body, path, places);
  if (node.type !== 'TOMLArray') return;
  for (const [index, element] of node.elements.entries()) {
    note([...path, index], element.loc, places);
    noteValue(element, [...path, index], places);
  }
}

/** The first place counts: dotted keys name a table again and again. */
function note(path: Path, loc: AST.SourceLocation, places: Map<string, AST.SourceLocation>): void {
  const key = keyOf(path);
  if (!places.has(key)) places.set(key, loc);
}
