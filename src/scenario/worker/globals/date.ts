// SPDX-License-Identifier: GPL-2.0-only

/** `Date` and `Intl.DateTimeFormat`, whose "now" is the calendar of the host that the code runs on. */
import { RealDate } from './real.js';
import type { CurrentRealm } from './realm.js';

/**
 * A `Date` like the real one in all but what "now" is. A proxy, so that dates which Node.js itself makes are of the
 * same class.
 */
export function virtualDate(realm: CurrentRealm): DateConstructor {
  const nowMs = (): number => Math.floor(realm().dateMs);
  const proxy = new Proxy(RealDate, {
    construct: (target, args: unknown[], newTarget) =>
      Reflect.construct(target, args.length === 0 ? [nowMs()] : args, newTarget) as object,
    apply: () => new RealDate(nowMs()).toString(),
  });
  RealDate.now = nowMs;
  RealDate.prototype.constructor = proxy;
  return proxy;
}

/** Makes what `Intl.DateTimeFormat` formats without being given a date virtual, in place. */
export function patchDateTimeFormat(realm: CurrentRealm): void {
  const prototype = Intl.DateTimeFormat.prototype;
  const nowMs = (): number => Math.floor(realm().dateMs);
  const format = Object.getOwnPropertyDescriptor(prototype, 'format')!;
  Object.defineProperty(prototype, 'format', {
    configurable: true,
    get(this: Intl.DateTimeFormat) {
      const real = format.get!.call(this) as (date?: Date | number) => string;
      return (date?: Date | number) => real(date ?? nowMs());
    },
  });
  const parts = Object.getOwnPropertyDescriptor(prototype, 'formatToParts')!
    .value as Intl.DateTimeFormat['formatToParts'];
  prototype.formatToParts = function (date) {
    return parts.call(this, date ?? nowMs());
  };
}
