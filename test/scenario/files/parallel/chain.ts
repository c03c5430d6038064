// SPDX-License-Identifier: GPL-2.0-only

/** A row of routers between two hosts that talk. */
import { Simulation } from 'libos';

const sim = new Simulation({ seed: 5 });
const hosts = Array.from({ length: 6 }, (_, index) => sim.host(`h${index}`));
for (const [index, host] of hosts.slice(1).entries()) {
  sim.connect(hosts[index]!, host, { rate: '100 Mbit/s', delay: '2 ms', loss: 0.002 });
}
hosts[5]!.run(
  async (os) => {
    for await (const socket of os.listen(7)) void socket.echo();
  },
  { name: 'echo' },
);
const client = hosts[0]!.run(
  async (os) => {
    using socket = await os.connect('h5', 7);
    const sent = socket.write(new Uint8Array(100_000));
    let received = 0;
    while (received < 100_000) received += (await socket.read())!.length;
    await sent;
    console.log('client', received, Date.now(), Math.random());
    os.report('received', received);
    return received;
  },
  { name: 'client' },
);
console.log('received', await sim.runUntil(client), sim.nowNs, sim.digest);
await sim.run('1 s');
console.log(sim.links.map(({ counters }) => counters[0].sentFrames + counters[1].receivedFrames));
