// SPDX-License-Identifier: GPL-2.0-only

/**
 * A chain of Linux routers, and UDP at a constant rate from one end to the other: however many hops and packets,
 * none is lost for want of computing power, since time waits for the work; what grows is the time that the run
 * takes. After the experiment in "Direct Code Execution" (CoNEXT 2013).
 */
import { Simulation } from 'libos';

const datagramBytes = 1470;
const port = 9;

export interface ChainResult {
  readonly hops: number;
  readonly sent: number;
  readonly received: number;
  /** Frames times hops, neighbours' questions included. */
  readonly frameHops: number;
  readonly wallSeconds: number;
}

/** A second of datagrams over so many links. */
export async function daisyChain(hops: number, packetsPerSecond: number): Promise<ChainResult> {
  const sim = new Simulation({ seed: 1, addresses: 'ipv4' });
  const hosts = Array.from({ length: hops + 1 }, (_, index) => sim.host(`host${index}`));
  const links = hosts
    .slice(1)
    .map((host, index) => sim.connect(hosts[index]!, host, { rate: '1 Gbit/s', delay: '1 ms' }));
  let received = 0;
  hosts.at(-1)!.run(async (os) => {
    for await (const datagram of os.udp(port, { address: '0.0.0.0' })) {
      if (datagram.data.byteLength === datagramBytes) received++;
    }
  });
  const sender = hosts[0]!.run(async (os) => {
    using socket = os.udp(0, { address: '0.0.0.0' });
    const target = { address: os.resolve(`host${hops}`), port };
    // Neighbours get to know each other hop by hop, and meanwhile Linux keeps only so many packets for them.
    await socket.send(new Uint8Array(1), target);
    await os.sleep('500 ms');
    const datagram = new Uint8Array(datagramBytes);
    const startNs = os.nowNs;
    for (let sent = 0; sent < packetsPerSecond; sent++) {
      await os.sleep(startNs + (sent * 1e9) / packetsPerSecond - os.nowNs);
      await socket.send(datagram, target);
    }
    return packetsPerSecond;
  });
  sim.start();
  const startMs = performance.now();
  await sim.run('2 s');
  const wallSeconds = (performance.now() - startMs) / 1000;
  const frameHops = links.reduce(
    (sum, { forward, backward }) =>
      sum + forward.counters.sentFrames + backward.counters.sentFrames,
    0,
  );
  return { hops, sent: sender.result, received, frameHops, wallSeconds };
}

console.log('hops   packets/s    received   frames × hops   wall time');
for (const packetsPerSecond of [250, 500]) {
  for (const hops of [2, 4, 8, 16, 32, 64]) {
    const { sent, received, frameHops, wallSeconds } = await daisyChain(hops, packetsPerSecond);
    const cells = [
      String(hops).padStart(4),
      String(packetsPerSecond).padStart(11),
      `${((received / sent) * 100).toFixed(0)} %`.padStart(11),
      String(frameHops).padStart(15),
      `${wallSeconds.toFixed(3)} s`.padStart(11),
    ];
    console.log(cells.join(' '));
  }
}
