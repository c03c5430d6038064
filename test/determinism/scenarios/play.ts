// SPDX-License-Identifier: GPL-2.0-only

/**
 * Runs what a scenario builds for a time. With `snapshot=true` it also goes back once: to a third of the time,
 * from another future in which a host has crashed. With `isolated=true` islands have their turns one after the other,
 * with `native=true` kernels are native ones.
 */
import { Simulation } from 'libos';
import { NativeKernel } from 'libos/native';
import { parameters } from 'libos/scenario';

export async function play(build: (sim: Simulation) => void, durationMs: number): Promise<void> {
  const { snapshot, isolated, native } = parameters({
    ...{ snapshot: false, isolated: false, native: false },
  });
  const sim = new Simulation({
    ...{ snapshots: snapshot, isolatedHosts: isolated },
    ...(native ? { kernel: NativeKernel.load({ profile: 'sim' }) } : {}),
  });
  build(sim);
  if (!snapshot) {
    await sim.run(durationMs * 1e6);
    return;
  }
  const firstMs = Math.floor(durationMs / 3);
  await sim.run(firstMs * 1e6);
  const saved = sim.snapshot();
  await sim.run('10 ms');
  sim.topology.hosts[0]!.crash();
  sim.log.write(undefined, 'simulation', 'notice', 'a future that will not have been');
  await sim.run(durationMs * 1e6 * 0.5);
  await sim.restore(saved);
  await sim.run((durationMs - firstMs) * 1e6);
}
