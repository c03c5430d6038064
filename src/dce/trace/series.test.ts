// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from 'vitest';
import { toCsv, toJson } from './format.js';
import { number, oneOf, optionalNumber, Series, type Sample, type Schema } from './series.js';
import { SeriesTable } from './table.js';

interface Weather extends Sample {
  readonly sky: 'clear' | 'grey';
  readonly degrees: number;
  readonly windMetresPerSecond: number | undefined;
}
const weather: Schema<Weather> = {
  kind: 'weather',
  columns: {
    timeNs: number,
    sky: oneOf('clear', 'grey'),
    degrees: number,
    windMetresPerSecond: optionalNumber,
  },
};
const at = (timeNs: number, degrees = timeNs, wind?: number): Weather => ({
  ...{ timeNs, sky: timeNs % 2 === 0 ? ('clear' as const) : ('grey' as const), degrees },
  windMetresPerSecond: wind,
});
const series = (name = 'here'): Series<Weather> => new Series(weather, { name, host: 'alice' });

describe('series', () => {
  test('gives back what it was given, however much', () => {
    const subject = series();
    const given = Array.from({ length: 500 }, (_, index) => at(index, -index / 3, index));
    for (const sample of given) subject.push(sample);
    expect(subject.length).toBe(500);
    expect(subject.samples).toEqual(given);
    expect(subject.at(-1)).toEqual(given[499]);
    expect([subject.at(500), subject.at(-501), subject.at(NaN)]).toEqual([
      ...[undefined, undefined, undefined],
    ]);
    expect(subject.column('sky').slice(0, 3)).toEqual(['clear', 'grey', 'clear']);
    expect([-1, 0, 7, 7.5, 499, 600].map((timeNs) => subject.indexAfter(timeNs))).toEqual([
      ...[0, 1, 8, 8, 500, 500],
    ]);
    expect([subject.timeNs(3), subject.timeNs(500)]).toEqual([3, Infinity]);
  });

  test('is cut back to a saved state', () => {
    const subject = series();
    for (let timeNs = 0; timeNs < 100; timeNs++) subject.push(at(timeNs));
    const state = structuredClone(subject.saveState());
    const { digestPart } = subject;
    for (let timeNs = 100; timeNs < 300; timeNs++) subject.push(at(timeNs));
    expect(subject.digestPart).not.toEqual(digestPart);
    subject.restoreState(state);
    expect(subject.digestPart).toEqual(digestPart);
    expect(subject.samples.map(({ timeNs }) => timeNs)).toEqual([...Array(100).keys()]);
    const other = series();
    other.restoreState(state);
    expect(other.samples).toEqual(subject.samples);
  });

  test('refuses a word that it does not know', () => {
    expect(() => series().push({ ...at(0), sky: 'green' as 'grey' })).toThrow('green is none of');
  });

  test('CSV quotes, leaves out what is missing and says infinity', () => {
    const odd = series('a "name", odd');
    odd.push(at(1, Infinity));
    const plain = series();
    plain.push(at(2, 0.1, 3));
    expect(toCsv([odd, plain])).toBe(
      'name,host,timeNs,sky,degrees,windMetresPerSecond\r\n' +
        '"a ""name"", odd",alice,1,grey,Infinity,\r\n' +
        'here,alice,2,clear,0.1,3\r\n',
    );
    expect(toCsv([])).toBe('');
    expect(JSON.parse(toJson({ weather: [plain], none: [] }))).toEqual({
      weather: [{ name: 'here', host: 'alice', samples: [at(2, 0.1, 3)] }],
      none: [],
    });
  });
});

describe('table', () => {
  const table = (): SeriesTable<Weather, { name: string; host: string }> =>
    new SeriesTable(weather);
  const subject = (name: string) => () => ({ name, host: 'alice' });

  test('orders by place, beginning and name, and finds the one that is meant', () => {
    const list = table();
    list.push('k1', 1, subject('b'), at(0));
    list.push('k2', 0, subject('z'), at(5));
    list.push('k3', 0, subject('y'), at(5));
    list.push('k4', 0, subject('x'), at(6));
    list.push('k1', 1, subject('b'), at(7));
    expect(list.list.map(({ name, length }) => [name, length])).toEqual([
      ['y', 1],
      ['z', 1],
      ['x', 1],
      ['b', 2],
    ]);
    expect(list.only('b', ({ name }) => name === 'b').length).toBe(2);
    expect(() => list.only('q', ({ name }) => name === 'q')).toThrow('0 weather series for q');
    expect(() => list.only('any', () => true)).toThrow('4 weather series for any');
  });

  test('a key that has ended begins another series, with a number behind its name', () => {
    const list = table();
    list.push('k', 0, subject('a'), at(0));
    list.endOthers(new Set(['k']));
    list.push('k', 0, subject('a'), at(1));
    list.endOthers(new Set());
    list.push('k', 0, subject('a'), at(2));
    expect(list.list.map(({ name, length }) => [name, length])).toEqual([
      ['a', 2],
      ['a #2', 1],
    ]);
    const restored = table();
    restored.restoreState(structuredClone(list.saveState()));
    restored.push('k', 0, subject('a'), at(3));
    expect(restored.list.map(({ name, length }) => [name, length])).toEqual([
      ['a', 2],
      ['a #2', 2],
    ]);
  });

  test('merges what threads have: series of one, and columns of each', () => {
    const [left, right, whole] = [table(), table(), table()];
    left.push('a', 1, subject('a'), at(0));
    right.push('b', 0, subject('b'), at(0));
    left.push('both', 2, subject('both'), at(0, 7, NaN));
    right.push('both', 2, subject('both'), at(0, NaN, 8));
    whole.merge([left, right].map((part) => structuredClone(part.saveState())));
    expect(whole.list.map(({ name, samples }) => [name, samples[0]])).toEqual([
      ['b', at(0)],
      ['a', at(0)],
      ['both', at(0, 7, 8)],
    ]);
  });
});
