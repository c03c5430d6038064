// SPDX-License-Identifier: GPL-2.0-only

/**
 * Where the fields of the interface's structures lie. Every form must agree on it, so a field that a compiler
 * would move to align it is an error here: the definition says its padding itself.
 */
import type { FieldType, Structure } from './host-interface.js';

export interface PlacedField {
  readonly name: string;
  readonly type: FieldType;
  /** Elements of an array; undefined for a single value. */
  readonly count: number | undefined;
  readonly is: string;
  readonly offsetBytes: number;
  readonly sizeBytes: number;
}
export interface Layout {
  readonly name: string;
  readonly is: string;
  readonly fields: readonly PlacedField[];
  readonly sizeBytes: number;
}

const bytesOf: Readonly<Record<FieldType, number>> = { char: 1, u8: 1, u16: 2, u32: 4, u64: 8 };

export function layoutOf(structure: Structure): Layout {
  let end = 0;
  let alignment = 1;
  const fields = structure.fields.map(({ name, type, count, is }): PlacedField => {
    const element = bytesOf[type];
    alignment = Math.max(alignment, element);
    if (end % element !== 0) {
      throw new Error(
        `${structure.name}.${name}: ${type} at offset ${end} needs padding before it`,
      );
    }
    const sizeBytes = element * (count ?? 1);
    const placed = { name, type, count, is, offsetBytes: end, sizeBytes };
    end += sizeBytes;
    return placed;
  });
  if (end % alignment !== 0) {
    throw new Error(`${structure.name}: ${end} bytes need padding to a multiple of ${alignment}`);
  }
  return { name: structure.name, is: structure.is, fields, sizeBytes: end };
}
