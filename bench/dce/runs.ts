// SPDX-License-Identifier: GPL-2.0-only

/** libos's side of each workload. */
import type { Simulation, SimulatedHost } from '../../src/dce/index.js';
import { connect, createSimulation, measure, startFlow } from './topology.js';
import type { BulkWorkload, ChainWorkload, RunFigures, Workloads } from './workloads.js';

export function runBulk(workload: BulkWorkload): Promise<RunFigures> {
  const simulation = createSimulation();
  addPair(simulation, workload, '');
  return measure(simulation, workload);
}

export function runPairs(workload: BulkWorkload): Promise<RunFigures> {
  const simulation = createSimulation();
  for (let pair = 0; pair < workload.hosts / 2; pair++) addPair(simulation, workload, `${pair}`);
  return measure(simulation, workload);
}

export function runChain(workload: ChainWorkload): Promise<RunFigures> {
  const simulation = createSimulation();
  const hosts = addChain(simulation, workload);
  const [first, last] = [hosts[0]!, hosts.at(-1)!];
  const port = 9000;
  last.run(async (os) => {
    using socket = os.udp(port);
    for (;;) await socket.receive();
  });
  first.run(async (os) => {
    using socket = os.udp();
    const to = { address: os.resolve(last.name), port };
    const payload = new Uint8Array(workload.payloadBytes);
    for (;;) {
      await socket.send(payload, to);
      await os.sleep(workload.intervalNs);
    }
  });
  return measure(simulation, workload);
}

export function runWorkload(all: Workloads, name: keyof Workloads): Promise<RunFigures> {
  switch (name) {
    case 'bulk':
      return runBulk(all.bulk);
    case 'chain':
      return runChain(all.chain);
    case 'pairs':
      return runPairs(all.pairs);
  }
}

function addPair(simulation: Simulation, workload: BulkWorkload, name: string): void {
  const [from, to] = simulation.hosts(`from${name}`, `to${name}`);
  connect(simulation, from, to, workload);
  startFlow(from, to, workload.windowBytes);
}

function addChain(simulation: Simulation, workload: ChainWorkload): SimulatedHost[] {
  const hosts = Array.from({ length: workload.hosts }, (_, index) => simulation.host(`h${index}`));
  for (let index = 1; index < hosts.length; index++) {
    connect(simulation, hosts[index - 1]!, hosts[index]!, workload);
  }
  return hosts;
}
