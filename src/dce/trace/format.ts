// SPDX-License-Identifier: GPL-2.0-only

/** Series as text: CSV (RFC 4180) with a line a sample, and JSON. */
import type { AnySeries, SeriesSubject } from './series.js';

/**
 * A table of series of one kind: what each is about, then its columns. A missing value is empty, an infinite one
 * `Infinity`. Empty text when there are no series.
 */
export function toCsv(list: readonly AnySeries[]): string {
  const [first] = list;
  if (first === undefined) return '';
  const about = Object.keys(first.subject);
  const lines = [[...about, ...first.columnNames].map(field).join(',')];
  for (const series of list) {
    const subject = about.map((name) => field(series.subject[name as keyof SeriesSubject]));
    const prefix = subject.join(',');
    for (const row of series.rows()) lines.push(`${prefix},${row.map(field).join(',')}`);
  }
  return lines.map((line) => `${line}\r\n`).join('');
}

function field(value: unknown): string {
  const text = typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** `{ KIND: [{ …what it is about, samples: […] }] }`; a missing value is left out, an infinite one is null. */
export function toJson(kinds: Readonly<Record<string, readonly AnySeries[]>>): string {
  const plain = Object.entries(kinds).map(([kind, list]) => [
    kind,
    list.map((series) => ({ ...series.subject, samples: series.samples })),
  ]);
  return `${JSON.stringify(Object.fromEntries(plain), undefined, 1)}\n`;
}
