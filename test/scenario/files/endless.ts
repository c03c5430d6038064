// SPDX-License-Identifier: GPL-2.0-only

/** Two hosts that talk for as long as they are let. */
import { Simulation } from 'libos';

const sim = new Simulation({ seed: 1 });
const [alice, bob] = sim.hosts('alice', 'bob');
sim.connect(alice, bob, { delay: '1 ms' });
const pings = alice.run(
  async (os) => {
    for (;;) {
      await os.ping('bob');
      await os.sleep('1 ms');
    }
  },
  { name: 'pings' },
);
await sim.runUntil(pings, { timeout: '1000 h' });
