// SPDX-License-Identifier: GPL-2.0-only

/** The host interface as the tables between the markers in ARCHITECTURE.md, laid out as Prettier does. */
import type { Call } from './host-interface.js';
import { exports, imports, structures } from './host-interface.js';
import { layoutOf } from './layout.js';

export const beginMarker =
  '<!-- host interface: generated from kernel/abi/host-interface.ts by `npm run generate` -->';
export const endMarker = '<!-- end of host interface -->';

/** `document` with what lies between its markers made anew. */
export function withHostInterface(document: string): string {
  const begin = document.indexOf(beginMarker);
  const end = document.indexOf(endMarker);
  if (begin < 0 || end < begin) {
    throw new Error(`ARCHITECTURE.md lacks the lines "${beginMarker}" and "${endMarker}"`);
  }
  return `${document.slice(0, begin + beginMarker.length)}\n\n${emitMarkdown()}\n${document.slice(end)}`;
}

function emitMarkdown(): string {
  return [
    'Imports, which the kernel calls (module `libos`):',
    '',
    ...callTable(imports, ''),
    '',
    'Exports, which the host calls:',
    '',
    ...callTable(exports, 'lib_'),
    '',
    'Structures, the same in every form:',
    '',
    ...table([
      ['structure', 'bytes', 'is', 'fields'],
      ...structures.map(layoutOf).map(({ name, sizeBytes, is, fields }) => [
        `\`${name}\``,
        String(sizeBytes),
        is,
        fields
          .filter((field) => field.name !== 'reserved')
          .map((field) => `\`${field.name}\``)
          .join(', '),
      ]),
    ]),
    '',
  ].join('\n');
}

function callTable(calls: readonly Call[], prefix: string): string[] {
  return table([
    ['call', 'does', 'when'],
    ...calls.map((call) => {
      const parameters = call.arguments.map(({ name, type }) => `${name}: ${type}`).join(', ');
      const result = call.noreturn
        ? ' (no return)'
        : call.result === 'void'
          ? ''
          : `: ${call.result}`;
      return [`\`${prefix}${call.name}(${parameters})${result}\``, call.does, call.when];
    }),
  ]);
}

function table(rows: readonly (readonly string[])[]): string[] {
  const safe = rows.map((row) => row.map(withCode));
  const widths = safe[0]!.map((_, column) => Math.max(...safe.map((row) => row[column]!.length)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column]!)).join(' | ')} |`;
  const [head, ...body] = safe;
  return [line(head!), line(widths.map((width) => '-'.repeat(width))), ...body.map(line)];
}

/** Identifiers as code, so that their underscores and stars stay what they are. */
function withCode(cell: string): string {
  return cell.includes('`') ? cell : cell.replace(/\b\w+_[\w]*\*?|\b[A-Z]+\*/g, '`$&`');
}
