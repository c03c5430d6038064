// SPDX-License-Identifier: GPL-2.0-only

/** What `using` holds is let go of at the end of each turn, and what one turn throws is not thrown in the next. */
import { Simulation } from 'libos';

const sim = new Simulation();
const [alice] = sim.hosts('alice');

alice.run(
  async (os) => {
    const seen: string[] = [];
    for (let turn = 0; turn < 4; turn++) {
      try {
        using held = { [Symbol.dispose]: () => seen.push(`let go ${turn}`) };
        await os.sleep('1 ms');
        if (turn === 1) throw new Error(`turn ${turn} of ${typeof held}`);
        seen.push(`turn ${turn}`);
      } catch (error) {
        seen.push((error as Error).message);
      }
    }
    return seen;
  },
  { name: 'turns' },
);

await sim.run();
