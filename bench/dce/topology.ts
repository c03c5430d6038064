// SPDX-License-Identifier: GPL-2.0-only

/** What the benchmarks' simulations have in common: links without offloads, traffic, and the part that counts. */
import process from 'node:process';
import { Simulation, type Os, type SimulatedHost } from '../../src/dce/index.js';
import type { Offload } from '../../src/host/index.js';
import { socketOptions, type TcpSocket } from '../../src/posix/index.js';
import type { RunFigures, Workload } from './workloads.js';

/** Frames are what the stack makes them, checksums included, as those of ns-3 are. */
const noOffloads: Record<Offload, boolean> = {
  sg: false,
  csum: false,
  tso: false,
  uso: false,
  gro: false,
};
const port = 5001;
/** More to wait for than half of what tcp_rmem begins with would clamp the window (tcp_set_rcvlowat). */
const chunkBytes = 65_536;

/** No digest of frames: ns-3 makes none either. Programs share nothing, so that islands can have their turns. */
export function createSimulation(): Simulation {
  return new Simulation({ seed: 1, digest: 'none', isolatedHosts: true });
}

export function connect(
  simulation: Simulation,
  a: SimulatedHost,
  b: SimulatedHost,
  { rateBitsPerSecond, delayMs }: Pick<Workload, 'rateBitsPerSecond' | 'delayMs'>,
): void {
  simulation.connect(a, b, {
    rate: rateBitsPerSecond,
    delay: `${delayMs} ms`,
    queue: 1000,
    offloads: noOffloads,
  });
}

/**
 * A TCP flow without an end, in buffers of the hosts' memory, and read by the chunk: who waits says how much it waits for
 * (SO_RCVLOWAT).
 */
export function startFlow(from: SimulatedHost, to: SimulatedHost, windowBytes: number): void {
  to.sysctl('net.ipv4.tcp_rmem', `4096 131072 ${2 * windowBytes}`);
  to.run(async (os: Os) => {
    using server = os.listen(port);
    using socket: TcpSocket = await server.accept();
    const wantedBytes = Math.min(chunkBytes, windowBytes / 2);
    socket.setOption(socketOptions.receiveLowWaterBytes, wantedBytes);
    using buffer = os.process.allocate(wantedBytes);
    while ((await os.process.recvAsync(socket.fd, buffer)) > 0);
  });
  from.run(async (os: Os) => {
    using socket = await os.connect(to.name, port);
    using chunk = os.process.allocate(Math.min(chunkBytes, windowBytes / 2));
    for (;;) await os.process.writeAsync(socket.fd, chunk);
  });
}

/** Lets the traffic begin, then time what counts. */
export async function measure(
  simulation: Simulation,
  { warmUpSeconds, seconds }: Pick<Workload, 'warmUpSeconds' | 'seconds'>,
): Promise<RunFigures> {
  await simulation.run(`${warmUpSeconds} s`);
  const framesBefore = framesOf(simulation);
  const startMs = performance.now();
  const startCpu = process.cpuUsage();
  await simulation.run(`${seconds} s`);
  const wallSeconds = (performance.now() - startMs) / 1000;
  const { user, system } = process.cpuUsage(startCpu);
  const cpuSeconds = (user + system) / 1e6;
  const frames = framesOf(simulation) - framesBefore;
  return { frames, simSeconds: seconds, wallSeconds, cpuSeconds };
}

function framesOf({ links }: Simulation): number {
  let frames = 0;
  for (const { counters } of links)
    for (const { receivedFrames } of counters) frames += receivedFrames;
  return frames;
}
