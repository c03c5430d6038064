// SPDX-License-Identifier: GPL-2.0-only

/** From a caught call's number back to its row of the table; and a line about it for the log. */
import process from 'node:process';
import type { Architecture, CallDescription, CallName } from './table.js';
import { callEntries } from './table.js';

export function architectureOf(nodeName: string): Architecture | undefined {
  if (nodeName === 'x64') return 'x86_64';
  return nodeName === 'arm64' ? 'aarch64' : undefined;
}

export interface CallRow {
  readonly name: CallName;
  readonly description: CallDescription;
}

/** The calls of an architecture by their number. */
export function callsByNumber(architecture: Architecture): ReadonlyMap<number, CallRow> {
  const rows = new Map<number, CallRow>();
  for (const [name, description] of callEntries) {
    const number = description.number[architecture];
    if (number !== undefined) rows.set(number, { name, description });
  }
  return rows;
}

/** This machine's architecture: undefined where programs can't be caught. */
export const ownArchitecture: Architecture | undefined = architectureOf(process.arch);

/** `bind(fd: 3, address: 0x7ffc…, length: 16)`: what a log needs of a call. */
export function describeCall(
  { name, description }: CallRow,
  unsigned: (index: number) => number,
): string {
  const shown = description.arguments.map(([label, kind], index) => {
    const value = unsigned(index);
    if (kind === 'fd' || kind === 'int') return `${label}: ${value | 0}`;
    return `${label}: ${kind === 'size' ? value : `0x${value.toString(16)}`}`;
  });
  return `${name}(${shown.join(', ')})`;
}
