// SPDX-License-Identifier: GPL-2.0-only

/** Many hosts around a few routers, pairs of which exchange UDP at a steady rate. */
import type { Os, Simulation } from 'libos';
import { play } from './play.js';

const routersCount = 4;
const hostsPerRouter = 6;

function build(sim: Simulation): void {
  const routers = Array.from({ length: routersCount }, (_, index) => sim.host(`r${index}`));
  for (const [index, router] of routers.entries()) {
    sim.connect(router, routers[(index + 1) % routersCount]!, {
      ...{ rate: '50 Mbit/s', delay: '3 ms', jitter: '1 ms', loss: 0.01 },
    });
  }
  const hosts = routers.flatMap((router, ring) =>
    Array.from({ length: hostsPerRouter }, (_, index) => {
      const host = sim.host(`h${ring}-${index}`);
      sim.connect(host, router, { rate: '10 Mbit/s', delay: `${1 + index} ms` });
      return host;
    }),
  );
  for (const [index, host] of hosts.entries()) {
    const peer = hosts[(index + hosts.length / 2) % hosts.length]!;
    host.run(receive, { name: 'receiver' });
    host.run(sendTo(peer.name, 5 + index), { name: 'sender', at: `${50 + index} ms` });
  }
}

async function receive(os: Os): Promise<void> {
  using socket = os.udp(9);
  let count = 0;
  for (;;) {
    const { data } = await socket.receive();
    if (++count % 10 === 0) os.log('received', { count, bytes: data.length });
  }
}

function sendTo(peer: string, intervalMs: number) {
  return async (os: Os): Promise<void> => {
    using socket = os.udp();
    const address = os.resolve(peer);
    for (let count = 0; ; count++) {
      await socket.send(new Uint8Array(100 + (count % 1000)), { address, port: 9 });
      await os.sleep(`${intervalMs} ms`);
    }
  };
}

await play(build, 800);
