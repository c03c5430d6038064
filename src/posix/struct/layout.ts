// SPDX-License-Identifier: GPL-2.0-only
/**
 * Descriptions of C structures: `struct('struct linger', { l_onoff: s32, l_linger: s32 })` knows the size, the
 * offsets and how to read and write a value under either data model. Field names are C's, so that a test can
 * compare each description with the compiler's own layout. Reads and writes go straight to a DataView: nothing
 * here allocates kernel memory or knows what a system call is.
 */
import type { DataModel } from './data-model.js';

/** The values that a type holds, for who generates or checks them. */
export type Domain =
  | { readonly kind: 'number'; readonly minimum: number; readonly maximum: number }
  | { readonly kind: 'bigint'; readonly minimum: bigint; readonly maximum: bigint }
  | { readonly kind: 'bytes' | 'chars'; readonly length: number }
  | { readonly kind: 'array'; readonly element: CType<unknown>; readonly count: number }
  | { readonly kind: 'struct'; readonly fields: Readonly<Record<string, CType<unknown>>> };

/** A C type as seen from JavaScript: values of `T` in memory. */
export interface CType<T> {
  /** Values that it can hold. */
  domain(model: DataModel): Domain;
  /** In bytes. */
  sizeof(model: DataModel): number;
  /** In bytes. */
  alignof(model: DataModel): number;
  /** The value at an offset. */
  read(view: DataView, offset: number, model: DataModel): T;
  /** Puts a value at an offset. */
  write(view: DataView, offset: number, value: T, model: DataModel): void;
}

/** The JavaScript value of a type: `ValueOf<typeof linger>`. */
export type ValueOf<C> = C extends CType<infer T> ? T : never;

type Fields = Readonly<Record<string, CType<unknown>>>;
type StructValue<F> = { [K in keyof F]: F[K] extends CType<infer T> ? T : never };

/** Where the members of a structure lie, in bytes from its start. */
export interface Layout {
  /** In the order of the fields. */
  readonly positions: readonly number[];
  readonly sizeBytes: number;
  readonly alignBytes: number;
  readonly offsets: Readonly<Record<string, number>>;
}

/** A structure; `name` is C's, with `struct` where C has it. */
export interface StructType<T> extends CType<T> {
  readonly name: string;
  readonly fields: Readonly<Record<string, CType<unknown>>>;
  /** In a data model. */
  layout(model: DataModel): Layout;
  /** The value as bytes of their own. */
  encode(value: T, model: DataModel): Uint8Array;
  /** Reads a value at the start of `bytes`; throws RangeError when they are too few. */
  decode(bytes: Uint8Array, model: DataModel): T;
}

/** Of a structure that is not laid out as C does by itself. */
export interface StructOptions {
  /** No padding at all, as `__attribute__((packed))`. */
  readonly packed?: (model: DataModel) => boolean;
  /** The size is at least that of these types, as where one member stands for a union. */
  readonly atLeast?: readonly CType<unknown>[];
  /** The alignment is at least that of these types. */
  readonly alignedAs?: readonly CType<unknown>[];
}

const roundUp = (value: number, alignment: number): number =>
  Math.ceil(value / alignment) * alignment;

/** A C structure of the kernel’s, with the layout that it has in each data model. */
export function struct<const F extends Fields>(
  name: string,
  fields: F,
  options: StructOptions = {},
): StructType<StructValue<F>> {
  const entries: [string, CType<unknown>][] = Object.entries(fields);
  const computed: Partial<Record<DataModel['name'], Layout>> = {};
  const layout = (model: DataModel): Layout =>
    (computed[model.name] ??= lay(entries, options, model));
  const type: StructType<Record<string, unknown>> = {
    domain: () => ({ kind: 'struct', fields: type.fields }),
    name,
    fields: Object.fromEntries(entries),
    layout,
    sizeof: (model) => layout(model).sizeBytes,
    alignof: (model) => layout(model).alignBytes,
    read(view, offset, model) {
      const { positions } = layout(model);
      const value: Record<string, unknown> = {};
      for (let i = 0; i < entries.length; i++) {
        const [key, field] = entries[i]!;
        value[key] = field.read(view, offset + positions[i]!, model);
      }
      return value;
    },
    write(view, offset, value, model) {
      const { positions } = layout(model);
      for (let i = 0; i < entries.length; i++) {
        const [key, field] = entries[i]!;
        field.write(view, offset + positions[i]!, value[key], model);
      }
    },
    encode(value, model) {
      const bytes = new Uint8Array(layout(model).sizeBytes);
      type.write(new DataView(bytes.buffer), 0, value, model);
      return bytes;
    },
    decode(bytes, model) {
      const { sizeBytes } = layout(model);
      if (bytes.byteLength < sizeBytes) {
        throw new RangeError(`${name} needs ${sizeBytes} bytes, got ${bytes.byteLength}`);
      }
      return type.read(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), 0, model);
    },
  };
  return type as unknown as StructType<StructValue<F>>;
}

function lay(
  entries: readonly [string, CType<unknown>][],
  options: StructOptions,
  model: DataModel,
): Layout {
  const offsets: Record<string, number> = {};
  const packed = options.packed?.(model) ?? false;
  let end = 0;
  let alignBytes = 1;
  for (const [key, field] of entries) {
    const alignment = packed ? 1 : field.alignof(model);
    offsets[key] = end = roundUp(end, alignment);
    end += field.sizeof(model);
    alignBytes = Math.max(alignBytes, alignment);
  }
  for (const type of options.alignedAs ?? [])
    alignBytes = Math.max(alignBytes, type.alignof(model));
  for (const type of options.atLeast ?? []) end = Math.max(end, type.sizeof(model));
  return {
    sizeBytes: roundUp(end, alignBytes),
    alignBytes,
    offsets,
    positions: Object.values(offsets),
  };
}
