// SPDX-License-Identifier: GPL-2.0-only

/** Random system calls at hosts with peers: nothing traps, nothing hangs, nothing stays, and it is repeatable. */
import vm from 'node:vm';
import { expect, test } from 'vitest';
import { loadKernel } from '../helpers/virtual-host.js';
import { Run } from './posix/run.js';

const count = Number(process.env['LIBOS_FUZZ_COUNT'] ?? 1_000_000);
const seed = Number(process.env['LIBOS_FUZZ_SEED'] ?? 1);

test('a', { timeout: 600_000 }, async () => {
  const kernel = await loadKernel();
  const run = new Run(kernel, seed);
  const t0 = Date.now();
  try {
    while (run.calls < count) {
      Object.assign(globalThis, { step: () => run.runTo(Math.min(count, run.calls + 10000)) });
      vm.runInThisContext('step()', { timeout: 20000 });
      if (run.calls % 100000 < 10000) console.log(run.calls, run.succeeded, run.digest, Date.now() - t0);
    }
    console.log(run.calls, run.succeeded, run.digest, Date.now() - t0);
    console.log(run.leftovers().join('\n'));
  } catch (e: any) {
    console.log(run.calls, run.trace.join('\n'), e, e.stack, e.console?.map((r: any) => r.text).join('\n'));
    throw e;
  }
  expect(1).toBe(1);
});
