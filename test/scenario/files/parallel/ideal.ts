// SPDX-License-Identifier: GPL-2.0-only

/** Hosts joined by links without delay: one worker has them all. */
import { Simulation } from 'libos';

const sim = new Simulation({ seed: 1 });
const [a, b, c] = sim.hosts('a', 'b', 'c');
sim.connect(a, b);
sim.connect(b, c, { delay: '1 us' });
const ping = a.run(async (os) => (await os.ping('c')).roundTripNs, { name: 'ping' });
console.log('ping', (await sim.runUntil(ping)) > 0);
