// SPDX-License-Identifier: GPL-2.0-only

/** Programs that never yield, one kind for each way not to. */
import { Simulation } from 'libos';
import { parameters } from 'libos/scenario';

const { how } = parameters({ how: { default: 'loop', choices: ['loop', 'promises', 'top'] } });

const sim = new Simulation({ seed: 1 });
const bob = sim.host('bob');

function spin(): never {
  for (let turns = 0; ; turns++) {
    if (turns < 0) throw new Error('it never is');
  }
}

bob.run(
  async (os) => {
    await os.sleep('1 s');
    if (how === 'loop') spin();
    for (;;) {
      await Promise.resolve();
    }
  },
  { name: 'server' },
);
if (how === 'top') spin();
await sim.run('10 s');
