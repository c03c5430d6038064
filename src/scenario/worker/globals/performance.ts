// SPDX-License-Identifier: GPL-2.0-only

/** `performance` and `process.hrtime`, on the monotonic clock of the host that the code runs on. */
import { performance } from 'node:perf_hooks';
import process from 'node:process';
import type { CurrentRealm } from './realm.js';

/** Makes the one `performance` object virtual, in place. `timeOrigin` is what the calendar said at 0. */
export function patchPerformance(realm: CurrentRealm): void {
  const nowMs = (): number => realm().nowNs / 1e6;
  const mark = performance.mark.bind(performance);
  const measure = performance.measure.bind(performance) as (
    name: string,
    options: { start?: unknown; end?: unknown; duration?: unknown },
  ) => PerformanceMeasure;
  define(performance, {
    now: nowMs,
    mark: (
      name: string,
      options: { readonly detail?: unknown; readonly startTime?: number } = {},
    ) => mark(name, { startTime: nowMs(), ...options }),
    // Without an end, it ends now.
    measure: (name: string, start?: unknown, end?: unknown) => {
      const given = typeof start === 'object' && start !== null ? start : { start, end };
      return measure(name, withEnd(given, nowMs()));
    },
  });
  Object.defineProperty(performance, 'timeOrigin', {
    configurable: true,
    get: () => realm().timeOriginMs,
  });
}

interface Span {
  readonly start?: unknown;
  readonly end?: unknown;
  readonly duration?: unknown;
}

function withEnd({ start, end, ...rest }: Span, nowMs: number): Span {
  const from = start === undefined ? {} : { start };
  if (rest.duration !== undefined)
    return { ...from, ...rest, ...(end === undefined ? {} : { end }) };
  return { ...from, ...rest, end: end ?? nowMs };
}

/** Makes the clocks of `process` virtual, in place. */
export function patchProcessClocks(realm: CurrentRealm): void {
  const hrtime = (before?: readonly [number, number]): [number, number] => {
    const { nowNs } = realm();
    const seconds = Math.floor(nowNs / 1e9);
    const nanoseconds = Math.floor(nowNs % 1e9);
    if (!before) return [seconds, nanoseconds];
    const borrow = nanoseconds < before[1] ? 1 : 0;
    return [seconds - before[0] - borrow, nanoseconds - before[1] + borrow * 1e9];
  };
  hrtime.bigint = (): bigint => BigInt(Math.floor(realm().nowNs));
  define(process, { hrtime, uptime: () => realm().nowNs / 1e9 });
}

function define(object: object, properties: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(properties)) {
    Object.defineProperty(object, name, { value, configurable: true, writable: true });
  }
}
