// SPDX-License-Identifier: GPL-2.0-only

import { Simulation } from 'libos';

const sim = new Simulation({ seed: 1 });

function broken(text: string | undefined): number {
  return text!.length;
}

sim.host('alice');
broken(undefined);
