// SPDX-License-Identifier: GPL-2.0-only

import { Simulation } from 'libos';

const sim = new Simulation({ seed: 1 });
sim.host('alice').run(
  async (os) => {
    setTimeout(() => {
      throw new RangeError('in a timer');
    }, 10);
    await os.sleep('1 s');
  },
  { name: 'timing' },
);
await sim.run('5 s');
