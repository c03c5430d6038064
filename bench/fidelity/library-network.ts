// SPDX-License-Identifier: GPL-2.0-only

/** The network of an experiment as a simulation: the one file of the library's side that knows how to make one. */
import { Simulation } from '../../src/dce/index.js';
import type { SimulatedHost } from '../../src/dce/index.js';
import type { Offload } from '../../src/host/index.js';
import type { FrameView } from '../../src/link/index.js';
import type { Kernel } from '../../src/kernel/index.js';
import { drawsOf } from './experiment.js';
import type { Run } from './experiment.js';
import { netemLoss } from './netem-random.js';
import { addresses, bufferSysctls, globalSysctls, macs, pingSysctl, portOfFlow } from './set-up.js';

export interface Network {
  readonly a: SimulatedHost;
  readonly b: SimulatedHost;
  /** Lets virtual time pass. */
  run(durationNs: number): Promise<void>;
}

const none: Record<Offload, boolean> = {
  sg: false,
  csum: false,
  tso: false,
  uso: false,
  gro: false,
};

const udpProtocol = 17;

export function createNetwork(kernel: Kernel, run: Run, withOffloads: boolean): Network {
  const { path } = run.experiment;
  const simulation = new Simulation({ kernel, seed: run.seed, addresses: 'manual' });
  const [a, r, b] = simulation.hosts('a', 'r', 'b');
  const device = withOffloads ? {} : { offloads: none };
  const crossPorts = new Set(
    run.experiment.flows.flatMap((flow, index) =>
      flow.kind === 'cbr' && flow.isCrossTraffic ? [portOfFlow(index)] : [],
    ),
  );
  const [forward, backward] = drawsOf(run).lossSeeds.map((seed) => {
    const isLost = netemLoss(path.lossProbability, seed);
    const loss = (frame: FrameView): boolean =>
      !(crossPorts.size > 0 && isUdpTo(frame, crossPorts)) && isLost();
    return { loss };
  });
  simulation.connect(a, r, device);
  simulation.connect(r, b, {
    rate: path.rateBitsPerSecond,
    delay: path.delayNs,
    queue: path.queueFrames,
    forward: forward!,
    backward: backward!,
    ...device,
  });
  setUp({ a, r, b });
  return {
    a,
    b,
    async run(durationNs) {
      await simulation.run(durationNs);
    },
  };
}

function isUdpTo({ protocol, destinationPort }: FrameView, ports: ReadonlySet<number>): boolean {
  return protocol === udpProtocol && destinationPort !== undefined && ports.has(destinationPort);
}

/** Addresses, neighbours and settings as the oracle's hosts have them. */
function setUp(hosts: Readonly<Record<'a' | 'r' | 'b', SimulatedHost>>): void {
  for (const { host, device, address, neighbours } of addresses) {
    const { posix } = hosts[host];
    posix.sysctl(`net.ipv6.conf.${device}.disable_ipv6`, 1);
    posix.route.links.change(device, { address: macs[`${host} ${device}`]!, up: true });
    posix.route.addresses.add(device, `${address}/24`);
    for (const [neighbour, hardwareAddress] of neighbours) {
      posix.route.neighbours.replace(device, { address: neighbour, hardwareAddress });
    }
  }
  hosts.a.posix.route.routes.add({ destination: 'default', via: '10.0.0.2' });
  hosts.b.posix.route.routes.add({ destination: 'default', via: '10.0.1.1' });
  hosts.r.posix.sysctl('net.ipv4.ip_forward', 1);
  for (const { posix } of [hosts.a, hosts.b]) {
    for (const [name, value] of [...globalSysctls, ...bufferSysctls, pingSysctl]) {
      posix.sysctl(name, value);
    }
  }
}
