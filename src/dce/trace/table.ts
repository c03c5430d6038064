// SPDX-License-Identifier: GPL-2.0-only

/**
 * The series of one kind. Their order is by host as hosts were created, then by when they began, then by name: it
 * does not depend on which thread found them.
 */
import { LibosError } from '../../errors.js';
import {
  Series,
  type Sample,
  type Schema,
  type SeriesState,
  type SeriesSubject,
} from './series.js';

interface Entry<S extends Sample, Subject extends SeriesSubject> {
  readonly series: Series<S, Subject>;
  /** Its host's, or its link direction's, place in the order of creation. */
  readonly place: number;
  readonly beganNs: number;
  /** What finds it again; none for what has ended. */
  key: string | undefined;
}

/** An entry as plain data. */
export interface EntryState {
  readonly place: number;
  readonly beganNs: number;
  readonly key: string | undefined;
  readonly series: SeriesState;
}

export class SeriesTable<S extends Sample, Subject extends SeriesSubject> {
  readonly #schema: Schema<S>;
  #entries: Entry<S, Subject>[] = [];
  #byKey = new Map<string, Entry<S, Subject>>();
  #sorted = true;

  constructor(schema: Schema<S>) {
    this.#schema = schema;
  }

  get list(): readonly Series<S, Subject>[] {
    return this.#inOrder().map(({ series }) => series);
  }

  /** Adds a sample to the series of that key, which begins with it if there is none. */
  push(key: string, place: number, subject: () => Subject, sample: S): void {
    let entry = this.#byKey.get(key);
    if (entry === undefined) {
      const series = new Series(this.#schema, this.#unique(subject()));
      entry = { series, place, beganNs: sample.timeNs, key };
      this.#entries.push(entry);
      this.#byKey.set(key, entry);
      this.#sorted = false;
    }
    entry.series.push(sample);
  }

  /** Series of keys that are not seen any more have ended: the key may come again for another. */
  endOthers(seen: ReadonlySet<string>): void {
    for (const [key, entry] of this.#byKey) {
      if (seen.has(key)) continue;
      this.#byKey.delete(key);
      entry.key = undefined;
    }
  }

  /** The only series for which `matches`. */
  only(what: string, matches: (subject: Subject) => boolean): Series<S, Subject> {
    const found = this.list.filter(({ subject }) => matches(subject));
    if (found.length === 1) return found[0]!;
    const names = (found.length > 0 ? found : this.list).map(({ name }) => name);
    throw new LibosError(
      'ERR_LIBOS_TRACE',
      `the trace has ${found.length} ${this.#schema.kind} series for ${what}`,
      { hint: names.length === 0 ? 'it has none at all' : `there are ${names.join(', ')}` },
    );
  }

  saveState(): readonly EntryState[] {
    return this.#inOrder().map(({ series, ...rest }) => ({ ...rest, series: series.saveState() }));
  }

  restoreState(entries: readonly EntryState[]): void {
    this.#entries = entries.map(({ series: state, ...rest }) => {
      const series = new Series<S, Subject>(this.#schema, state.subject as Subject);
      series.restoreState(state);
      return { ...rest, series };
    });
    this.#sorted = true;
    this.#byKey = new Map(
      this.#entries.flatMap((entry) => (entry.key === undefined ? [] : [[entry.key, entry]])),
    );
  }

  /**
   * Holds what tables of several threads hold together. One of the threads alone has a series, or each has other
   * columns of it: what one does not know is NaN there.
   */
  merge(tables: readonly (readonly EntryState[])[]): void {
    const merged = new Map<string, EntryState>();
    for (const entry of tables.flat()) {
      const name = `${entry.place} ${entry.series.subject.name}`;
      const other = merged.get(name);
      merged.set(name, other === undefined ? entry : complete(entry, other));
    }
    this.restoreState([...merged.values()]);
    this.#sorted = false;
  }

  #inOrder(): readonly Entry<S, Subject>[] {
    if (!this.#sorted) {
      this.#entries.sort(
        (a, b) =>
          a.place - b.place ||
          a.beganNs - b.beganNs ||
          (a.series.name < b.series.name ? -1 : a.series.name > b.series.name ? 1 : 0),
      );
      this.#sorted = true;
    }
    return this.#entries;
  }

  /** The name, or one with a number behind it. */
  #unique(subject: Subject): Subject {
    const taken = new Set(
      this.#entries
        .filter(({ series }) => series.host === subject.host)
        .map(({ series }) => series.name),
    );
    if (!taken.has(subject.name)) return subject;
    let number = 2;
    while (taken.has(`${subject.name} #${number}`)) number++;
    return { ...subject, name: `${subject.name} #${number}` };
  }
}

function complete(entry: EntryState, other: EntryState): EntryState {
  const values = entry.series.values.map((value, index) =>
    Number.isNaN(value) ? other.series.values[index]! : value,
  );
  return { ...entry, series: { ...entry.series, values } };
}
