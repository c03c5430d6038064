// SPDX-License-Identifier: GPL-2.0-only

/** Runs experiments on the library: three hosts of a simulation a run. */
import type { Kernel } from '../../src/kernel/index.js';
import { drawsOf } from './experiment.js';
import type { Outcome, Run } from './experiment.js';
import { createNetwork } from './library-network.js';
import { portOfFlow } from './set-up.js';
import { startFlow } from './traffic.js';
import type { Stage } from './traffic.js';

/** @param withOffloads whether the hosts hand the wire frames of up to 64 kB, for it to split */
export async function measureOnLibrary(
  kernel: Kernel,
  run: Run,
  { withOffloads = false } = {},
): Promise<Outcome> {
  const { experiment } = run;
  const { startOffsetsNs } = drawsOf(run);
  const network = createNetwork(kernel, run, withOffloads);
  const { time } = network.a.posix;
  const baseNs = time.nowNs();
  const stage: Stage = {
    a: network.a.posix,
    b: network.b.posix,
    nowNs: () => time.nowNs() - baseNs,
    until: (timeNs) => new Promise((resolve) => void time.at(baseNs + timeNs, resolve)),
  };
  const measures = experiment.flows.map((flow, index) => {
    const later = { ...flow, startNs: flow.startNs + startOffsetsNs[index]! };
    return [flow.name, startFlow(stage, later, portOfFlow(index))] as const;
  });
  await network.run(experiment.durationNs);
  return new Map(measures.map(([name, measure]) => [name, measure()]));
}
