// SPDX-License-Identifier: GPL-2.0-only

/**
 * A time series: samples of one thing, typed, kept column by column, so that a long run costs eight bytes a value
 * and the garbage collector nothing. A schema says which columns a kind of sample has.
 */
import { DigestStream, type DigestPart } from '../digest.js';

/** How one property of a sample is kept as a number, and read again. */
export interface Column<T> {
  toNumber(value: T): number;
  fromNumber(value: number): T;
}

/** A number as it is; Infinity too. */
export const number: Column<number> = {
  toNumber: (value) => value,
  fromNumber: (value) => value,
};

/** A number that may be missing. */
export const optionalNumber: Column<number | undefined> = {
  toNumber: (value) => value ?? NaN,
  fromNumber: (value) => (Number.isNaN(value) ? undefined : value),
};

/** One of a few words. */
export function oneOf<const T extends string>(...words: readonly T[]): Column<T> {
  return {
    toNumber(value) {
      const index = words.indexOf(value);
      if (index < 0) throw new Error(`series: ${value} is none of ${words.join(', ')}`);
      return index;
    },
    fromNumber: (value) => words[value]!,
  };
}

/** What every sample has. */
export interface Sample {
  /** Virtual time. */
  readonly timeNs: number;
}

/** The columns of a kind of sample, in the order in which files have them; `timeNs` is the first. */
export interface Schema<S extends Sample> {
  readonly kind: string;
  readonly columns: { readonly [K in keyof S]-?: Column<S[K]> };
}

/** What a series is about. */
export interface SeriesSubject {
  /** Unique among the series of its kind in a trace. */
  readonly name: string;
  /** The host that it is on. */
  readonly host: string;
}

/** A series as plain data: of a snapshot, or on its way from another thread. */
export interface SeriesState {
  readonly kind: string;
  readonly subject: SeriesSubject;
  readonly length: number;
  readonly values: Float64Array;
}

/** A series of any kind, to be read. */
export interface AnySeries {
  readonly subject: SeriesSubject;
  readonly length: number;
  readonly columnNames: readonly string[];
  readonly samples: readonly Sample[];
  /** For the digest of the run. @internal */
  readonly digestPart: DigestPart;
  /** Undefined beyond the last. */
  at(index: number): Sample | undefined;
  /** When sample `index` was taken; Infinity beyond the last. */
  timeNs(index: number): number;
  /** Of the first sample after a time. */
  indexAfter(timeNs: number): number;
  /** A column, as numbers. */
  numbers(name: string): number[];
  /** All samples, each as its columns. */
  rows(): Iterable<readonly unknown[]>;
}

const capacityFirst = 64;

/** Samples of one thing at intervals of virtual time, a typed column a value. */
export class Series<
  S extends Sample,
  Subject extends SeriesSubject = SeriesSubject,
> implements Iterable<S> {
  /** @internal */
  readonly schema: Schema<S>;
  readonly subject: Subject;
  readonly #names: readonly string[];
  readonly #columns: readonly Column<unknown>[];
  /** Row after row. */
  #values: Float64Array;
  #length = 0;

  /** @internal */
  constructor(schema: Schema<S>, subject: Subject) {
    this.schema = schema;
    this.subject = subject;
    this.#names = Object.keys(schema.columns);
    this.#columns = Object.values<Column<unknown>>(schema.columns);
    this.#values = new Float64Array(capacityFirst * this.#names.length);
  }

  get name(): string {
    return this.subject.name;
  }

  get host(): string {
    return this.subject.host;
  }

  get length(): number {
    return this.#length;
  }

  /** The properties of a sample, in order. */
  get columnNames(): readonly string[] {
    return this.#names;
  }

  /** The sample at an index; negative counts from the end. Undefined: there is none. */
  at(index: number): S | undefined {
    const row = index < 0 ? this.#length + index : index;
    if (!(row >= 0 && row < this.#length)) return undefined;
    const sample: Record<string, unknown> = {};
    const width = this.#names.length;
    for (let column = 0; column < width; column++) {
      const value = this.#values[row * width + column]!;
      sample[this.#names[column]!] = this.#columns[column]!.fromNumber(value);
    }
    return sample as unknown as S;
  }

  /** When the sample at an index was taken; Infinity when there is none. */
  timeNs(index: number): number {
    return index < this.#length ? this.#values[index * this.#names.length]! : Infinity;
  }

  /** The index of the first sample after a time, or how many there are. */
  indexAfter(timeNs: number): number {
    let [low, high] = [0, this.#length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.timeNs(middle) > timeNs) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** All of them, made anew at each call. */
  get samples(): readonly S[] {
    return [...this];
  }

  /** Its samples, from the first. */
  *[Symbol.iterator](): Generator<S, void, void> {
    for (let index = 0; index < this.#length; index++) yield this.at(index)!;
  }

  /** The samples' values, in the order of the columns. */
  *rows(): Generator<readonly unknown[], void, void> {
    const columns = this.#columns;
    for (let start = 0, row = 0; row < this.#length; row++, start += columns.length) {
      yield columns.map((column, place) => column.fromNumber(this.#values[start + place]!));
    }
  }

  /** One property over time; for numbers alone this is much faster than the samples. */
  column<K extends keyof S & string>(name: K): S[K][] {
    const place = this.#names.indexOf(name);
    const width = this.#names.length;
    const column = this.#columns[place]!;
    return Array.from(
      { length: this.#length },
      (_, row) => column.fromNumber(this.#values[row * width + place]!) as S[K],
    );
  }

  /** One property over time as numbers: one of a few words is its place among them, what is missing NaN. */
  numbers(name: string): number[] {
    const place = this.#names.indexOf(name);
    if (place < 0) throw new Error(`series: ${this.schema.kind} samples have no ${name}`);
    const width = this.#names.length;
    return Array.from({ length: this.#length }, (_, row) => this.#values[row * width + place]!);
  }

  /** Context: times never go back. @internal */
  push(sample: S): void {
    const width = this.#names.length;
    const start = this.#length * width;
    if (start + width > this.#values.length) {
      const larger = new Float64Array(this.#values.length * 2);
      larger.set(this.#values);
      this.#values = larger;
    }
    const values = sample as unknown as Record<string, unknown>;
    for (let column = 0; column < width; column++) {
      const value = values[this.#names[column]!];
      this.#values[start + column] = this.#columns[column]!.toNumber(value);
    }
    this.#length++;
  }

  /** @internal */
  saveState(): SeriesState {
    const values = this.#values.slice(0, this.#length * this.#names.length);
    return { kind: this.schema.kind, subject: this.subject, length: this.#length, values };
  }

  /** @internal */
  restoreState({ length, values }: SeriesState): void {
    if (values.length > this.#values.length) this.#values = new Float64Array(values.length * 2);
    this.#values.set(values);
    this.#length = length;
  }

  /** For the digest of the run. @internal */
  get digestPart(): DigestPart {
    const stream = new DigestStream(`series ${this.schema.kind} ${this.name}`);
    stream.addNumbers(this.#values.subarray(0, this.#length * this.#names.length));
    return stream.part;
  }
}
