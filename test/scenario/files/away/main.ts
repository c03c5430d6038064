// SPDX-License-Identifier: GPL-2.0-only

/** Copied to a folder of its own by a test, where a library `ticker` is. */
import { LibosError, Simulation } from 'libos';
import * as dce from 'libos/dce';
import data from './data.json' with { type: 'json' };
import { fail, tick } from './part.js';

const sim = new Simulation({ seed: 1 });
const alice = sim.host('alice');
const same = dce.Simulation === Simulation && LibosError.name === 'LibosError';
alice.run(async () => ({ ms: await tick(), same, size: data.length }), { name: 'ticks' });
alice.run(
  async (os) => {
    await os.sleep('1 s');
    fail();
  },
  { name: 'broken' },
);
await sim.run('2 s');
