// SPDX-License-Identifier: GPL-2.0-only

import { Simulation } from 'libos';

const sim = new Simulation({ seed: 1 });
sim.host('alice').run(
  async (os) => {
    await os.sleep('1 s');
    throw new Error('out of luck');
  },
  { name: 'gambler' },
);
await sim.run('5 s');
