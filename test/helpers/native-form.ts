// SPDX-License-Identifier: GPL-2.0-only

/**
 * Comes before each file of the suite `native-form`: hosts for which a test names no kernel have a native one, and end
 * with their test, so that the next one finds room.
 */
import { afterAll, afterEach, beforeEach } from 'vitest';
import { setRunContext, type Simulation } from '../../src/dce/index.js';
import { loadNativeKernel } from './virtual-host.js';

const simulations: Simulation[] = [];
setRunContext({
  kernel: loadNativeKernel(),
  onSimulation: (simulation) => simulations.push(simulation),
});

/** Of the file, which many tests may look at. */
let shared = 0;
let isFirst = true;

beforeEach(() => {
  if (isFirst) shared = simulations.length;
  isFirst = false;
});
afterEach(() => endFrom(shared));
afterAll(() => endFrom(0));

function endFrom(first: number): void {
  for (const simulation of simulations.splice(first)) simulation[Symbol.dispose]();
}
