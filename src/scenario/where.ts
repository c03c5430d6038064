// SPDX-License-Identifier: GPL-2.0-only

/** How one thread asks another, which is stopped in the middle of something, which program that is. */
const key = 'libos.where';

/** Evaluated in the other thread. */
export const whereAmI = `globalThis[Symbol.for(${JSON.stringify(key)})]?.()`;

/** Context: in the scenario's thread. `describe` names the program that is running, if there is one. */
export function answerWhere(describe: () => string | undefined): void {
  Object.defineProperty(globalThis, Symbol.for(key), { value: describe, configurable: true });
}
