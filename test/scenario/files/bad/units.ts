// SPDX-License-Identifier: GPL-2.0-only

import { Simulation } from 'libos';

const sim = new Simulation({ seed: 1 });
const [alice, bob] = sim.hosts('alice', 'bob');
sim.connect(alice, bob, { delay: '5 parsecs' });
