// SPDX-License-Identifier: GPL-2.0-only

import { Simulation } from 'libos';

const sim = new Simulation({ seed: 1 });
sim.host('alice');
await sim.run('1 s');
void Promise.reject(new Error('after everything'));
