// SPDX-License-Identifier: GPL-2.0-only

/**
 * Puts virtual globals in the place of Node's in this thread, for good: for the scenario, the programs in it and
 * the libraries that they import, by global name and by `node:` module. libos itself has kept the real ones.
 * Context: once in a thread, before the scenario's module is evaluated.
 */
import { createRequire, syncBuiltinESMExports } from 'node:module';
import { patchDateTimeFormat, virtualDate } from './date.js';
import { installGuards, type MayReachOutside } from './guard.js';
import { patchPerformance, patchProcessClocks } from './performance.js';
import { virtualRandom } from './random.js';
import type { CurrentRealm } from './realm.js';
import { virtualTimers } from './timers.js';

const require = createRequire(import.meta.url);

export function installGlobals(realm: CurrentRealm, mayReachOutside: MayReachOutside): void {
  const { promises, abortTimeout, ...timers } = virtualTimers(realm);
  const { random, getRandomValues, ...randomness } = virtualRandom(realm);
  const { randomUUID } = randomness;

  installGuards(mayReachOutside);
  assign(globalThis, { Date: virtualDate(realm), ...timers });
  assign(require('node:timers') as object, timers);
  assign(require('node:timers/promises') as object, promises);
  assign(AbortSignal, { timeout: abortTimeout });
  assign(Math, { random });
  // Methods of the prototype: there is one object, and what node:crypto has of it is a getter.
  assign(Object.getPrototypeOf(globalThis.crypto) as object, { getRandomValues, randomUUID });
  assign(require('node:crypto') as object, randomness);
  patchDateTimeFormat(realm);
  patchPerformance(realm);
  patchProcessClocks(realm);
  syncBuiltinESMExports();
}

function assign(object: object, properties: object): void {
  for (const [name, value] of Object.entries(properties)) {
    const enumerable = Object.getOwnPropertyDescriptor(object, name)?.enumerable ?? true;
    Object.defineProperty(object, name, { value, enumerable, configurable: true, writable: true });
  }
}
