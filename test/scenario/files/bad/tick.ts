// SPDX-License-Identifier: GPL-2.0-only

import process from 'node:process';
import { Simulation } from 'libos';

const sim = new Simulation({ seed: 1 });
sim.host('alice').run(
  async (os) => {
    process.nextTick(() => {
      throw new Error('in a tick');
    });
    await os.sleep('1 s');
  },
  { name: 'ticking' },
);
await sim.run('5 s');
