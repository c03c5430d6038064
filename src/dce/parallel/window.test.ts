// SPDX-License-Identifier: GPL-2.0-only

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { lookaheads } from './lookahead.js';
import { nextWindow, type Standing, type Verdict } from './window.js';

const idle: Standing = {
  nextNs: Infinity,
  lastNs: 0,
  unfinished: 0,
  endedNs: 0,
  failedNs: Infinity,
  scenarioNs: Infinity,
  pauseNs: Infinity,
};
const both = lookaheads(2, [
  { from: 0, to: 1, lookaheadNs: 100 },
  { from: 1, to: 0, lookaheadNs: 100 },
]);
const forever = { endNs: Infinity, byPrograms: false };

test('a worker goes as far as nothing can reach it', () => {
  const standings = [
    { ...idle, nextNs: 10 },
    { ...idle, nextNs: 50 },
  ];
  // The other's next event, and the way; its own next event, there and back.
  expect(nextWindow(standings, both, forever, 0)).toEqual({ kind: 'window', lastNs: 149 });
  expect(nextWindow(standings, both, forever, 1)).toEqual({ kind: 'window', lastNs: 109 });
  expect(nextWindow([standings[0]!, idle], both, forever, 0)).toEqual({
    kind: 'window',
    lastNs: 209,
  });
});

test('the end of the run, the scenario and an error limit a window', () => {
  const at = (change: Partial<Standing>, endNs = Infinity): Verdict =>
    nextWindow([{ ...idle, nextNs: 10, ...change }, idle], both, { ...forever, endNs }, 0);
  expect(at({}, 60)).toEqual({ kind: 'window', lastNs: 60 });
  expect(at({ scenarioNs: 30 }, 60)).toEqual({ kind: 'window', lastNs: 30 });
  expect(at({ failedNs: 20 }, 60)).toEqual({ kind: 'window', lastNs: 20 });
});

test('a pause is when all is done up to its moment, also where nothing else happens', () => {
  const busy = [
    { ...idle, nextNs: 10, pauseNs: 30 },
    { ...idle, nextNs: 31, pauseNs: 30 },
  ];
  expect(nextWindow(busy, both, forever, 1)).toEqual({ kind: 'window', lastNs: 30 });
  const done = [{ ...idle, nextNs: 31, pauseNs: 30 }, busy[1]!];
  expect(nextWindow(done, both, forever, 0)).toEqual({ kind: 'pause', timeNs: 30 });
  const quiet = [
    { ...idle, pauseNs: 30 },
    { ...idle, pauseNs: 30 },
  ];
  expect(nextWindow(quiet, both, forever, 0)).toEqual({ kind: 'pause', timeNs: 30 });
  expect(nextWindow(quiet, both, { ...forever, endNs: 29 }, 0)).toMatchObject({ kind: 'end' });
  const ended = { endNs: Infinity, byPrograms: true };
  const by30 = quiet.map((standing) => ({ ...standing, endedNs: 30 }));
  expect(nextWindow(by30, both, ended, 0)).toMatchObject({ kind: 'end', why: 'programs' });
});

test('a run ends by its time, by an error, or when nothing can happen', () => {
  const standings = [{ ...idle, nextNs: 61, lastNs: 7 }, idle];
  const time = { ...forever, endNs: 60 };
  expect(nextWindow(standings, both, time, 1)).toEqual({ kind: 'end', why: 'time', timeNs: 60 });
  const failed = [standings[0]!, { ...idle, failedNs: 20 }];
  expect(nextWindow(failed, both, time, 0)).toEqual({ kind: 'end', why: 'error', timeNs: 20 });
  const nothing = [
    { ...idle, lastNs: 7 },
    { ...idle, lastNs: 9 },
  ];
  expect(nextWindow(nothing, both, forever, 0)).toEqual({
    kind: 'end',
    why: 'nothing',
    timeNs: 9,
  });
});

test('who has no program left follows those who have', () => {
  const standings = [
    { ...idle, nextNs: 40, unfinished: 1 },
    { ...idle, nextNs: 10, endedNs: 5 },
  ];
  const goal = { endNs: Infinity, byPrograms: true };
  expect(nextWindow(standings, both, goal, 0)).toEqual({ kind: 'window', lastNs: 90 });
  expect(nextWindow(standings, both, goal, 1)).toEqual({ kind: 'window', lastNs: 40 });
  const ended = [{ ...idle, nextNs: 61, endedNs: 60 }, standings[1]!];
  expect(nextWindow(ended, both, goal, 1)).toEqual({ kind: 'window', lastNs: 60 });
  expect(nextWindow([ended[0]!, idle], both, goal, 1)).toEqual({
    kind: 'end',
    why: 'programs',
    timeNs: 60,
  });
});

interface Message {
  readonly timeNs: number;
  readonly hops: number;
  readonly seed: number;
}

/** A part that answers each event with others, here or elsewhere, as a seed says. Programs end at an event. */
class ModelPart {
  readonly log: string[] = [];
  readonly queue: Message[] = [];
  readonly number: number;
  readonly parts: number;
  readonly wayNs: number;
  unfinished: number;
  endedNs = 0;
  lastNs = 0;

  constructor(number: number, { parts, wayNs, programs }: Model) {
    this.number = number;
    this.parts = parts;
    this.wayNs = wayNs;
    this.unfinished = programs[number]!;
  }

  get nextNs(): number {
    return Math.min(Infinity, ...this.queue.map(({ timeNs }) => timeNs));
  }

  /** All events of the next moment. */
  moment(send: (to: number, message: Message) => void): void {
    const nowNs = this.nextNs;
    this.lastNs = nowNs;
    const due = this.queue.filter(({ timeNs }) => timeNs === nowNs);
    due.sort((a, b) => a.seed - b.seed);
    for (const message of due) this.queue.splice(this.queue.indexOf(message), 1);
    for (const { hops, seed } of due) {
      this.log.push(`${nowNs} ${seed}`);
      if (seed % 5 === 0 && this.unfinished > 0 && --this.unfinished === 0) this.endedNs = nowNs;
      if (hops === 0) continue;
      const next = (seed * 48271) % 2147483647;
      this.queue.push({ timeNs: nowNs + (next % 37), hops: hops - 1, seed: next });
      if (next % 3 !== 0) continue;
      const other = (next * 16807) % 2147483647;
      const arrivalNs = nowNs + this.wayNs + (other % 11);
      send(other % this.parts, { timeNs: arrivalNs, hops: hops - 1, seed: other });
    }
  }
}

interface Model {
  readonly parts: number;
  readonly wayNs: number;
  readonly programs: readonly number[];
  readonly first: readonly Message[];
  readonly endNs: number;
  readonly byPrograms: boolean;
}

const models = fc.record({
  parts: fc.integer({ min: 1, max: 4 }),
  wayNs: fc.integer({ min: 1, max: 60 }),
  programs: fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 4, maxLength: 4 }),
  first: fc.array(
    fc.record({
      timeNs: fc.nat(50),
      hops: fc.nat(14),
      seed: fc.integer({ min: 1, max: 2147483646 }),
    }),
    { minLength: 1, maxLength: 6 },
  ),
  endNs: fc.oneof(fc.constant(Infinity), fc.nat(400)),
  byPrograms: fc.boolean(),
});

function partsOf(model: Model): ModelPart[] {
  const { parts } = model;
  const all = Array.from({ length: parts }, (_, number) => new ModelPart(number, model));
  for (const message of model.first) all[message.seed % parts]!.queue.push(message);
  return all;
}

/** Moment by moment, all parts together. */
function sequential(model: Model): { parts: ModelPart[]; verdict: Verdict } {
  const parts = partsOf(model);
  for (;;) {
    const verdict = nextWindow(
      [standingOf(parts)],
      Float64Array.of(Infinity),
      { endNs: model.endNs, byPrograms: model.byPrograms },
      0,
    );
    if (verdict.kind === 'end') return { parts, verdict };
    const nowNs = Math.min(...parts.map(({ nextNs }) => nextNs));
    // All parts' events of a moment: a part that gets one for it from another would have to wait for it.
    for (const part of parts) {
      while (part.nextNs === nowNs) part.moment((to, message) => parts[to]!.queue.push(message));
    }
  }
}

function standingOf(parts: readonly ModelPart[]): Standing {
  return {
    ...idle,
    nextNs: Math.min(...parts.map(({ nextNs }) => nextNs)),
    lastNs: Math.max(...parts.map(({ lastNs }) => lastNs)),
    unfinished: parts.reduce((sum, { unfinished }) => sum + unfinished, 0),
    endedNs: Math.max(...parts.map(({ endedNs }) => endedNs)),
  };
}

/** Window by window, each part by itself; what crosses is handed over between windows. */
function windowed(model: Model): { parts: ModelPart[]; verdict: Verdict } {
  const parts = partsOf(model);
  const cut = parts.flatMap(({ number: from }) =>
    parts.map(({ number: to }) => ({ from, to, lookaheadNs: model.wayNs })),
  );
  const ways = lookaheads(
    parts.length,
    cut.filter(({ from, to }) => from !== to),
  );
  const goal = { endNs: model.endNs, byPrograms: model.byPrograms };
  for (;;) {
    const standings = parts.map((part) => standingOf([part]));
    const verdicts = parts.map((_, number) => nextWindow(standings, ways, goal, number));
    const ended = verdicts[0]!;
    if (ended.kind === 'end') {
      for (const verdict of verdicts) expect(verdict).toEqual(ended);
      return { parts, verdict: ended };
    }
    const crossing: { to: number; message: Message }[] = [];
    let progress = false;
    for (const [number, part] of parts.entries()) {
      const verdict = verdicts[number]!;
      if (verdict.kind !== 'window') throw new Error('the parts do not agree');
      const startedUnfinished = part.unfinished;
      while (part.nextNs < Infinity && part.nextNs <= verdict.lastNs) {
        progress = true;
        part.moment((to, message) => {
          if (to === number) part.queue.push(message);
          else crossing.push({ to, message });
        });
        if (model.byPrograms && startedUnfinished > 0 && part.unfinished === 0) break;
      }
    }
    expect(progress).toBe(true);
    for (const { to, message } of crossing) {
      // Never into what has been.
      expect(message.timeNs).toBeGreaterThan(parts[to]!.lastNs);
      parts[to]!.queue.push(message);
    }
  }
}

test('windows give what one thread gives, whatever happens', () => {
  fc.assert(
    fc.property(models, (model) => {
      const one = sequential(model);
      const many = windowed(model);
      expect(many.verdict).toEqual(one.verdict);
      for (const [number, part] of many.parts.entries()) {
        expect(part.log).toEqual(one.parts[number]!.log);
      }
    }),
    { numRuns: 1000 },
  );
});
