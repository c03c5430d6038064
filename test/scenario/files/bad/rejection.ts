// SPDX-License-Identifier: GPL-2.0-only

import { Simulation } from 'libos';

const sim = new Simulation({ seed: 1 });
sim.host('alice').run((os) => os.sleep('4 s'), { name: 'sleeper' });
void Promise.reject(new Error('nobody looks'));
await sim.run('5 s');
