// SPDX-License-Identifier: GPL-2.0-only

/** One Multipath TCP connection over two paths of different delay and loss. */
import type { Simulation } from 'libos';
import { play } from './play.js';

function build(sim: Simulation): void {
  const [alice, bob] = sim.hosts('alice', 'bob');
  sim.connect(alice, bob, { rate: '4 Mbit/s', delay: '10 ms' });
  sim.connect(alice, bob, { rate: '2 Mbit/s', delay: '25 ms', loss: 0.01 });
  alice.configure((os) => os.mptcp.setLimits({ announcementsAccepted: 2, subflows: 2 }));
  bob.configure((os) => os.mptcp.addEndpoint({ address: '10.0.2.2', signal: true }));
  bob.run(
    async (os) => {
      for await (const socket of os.listen(7, { multipath: true })) {
        let total = 0;
        for await (const chunk of socket) {
          total += chunk.length;
          os.log('received', { total });
        }
      }
    },
    { name: 'server' },
  );
  alice.run(
    async (os) => {
      using socket = await os.connect('bob', 7, { multipath: true });
      for (;;) await socket.write(new Uint8Array(30_000));
    },
    { name: 'client', at: '10 ms' },
  );
}

await play(build, 1500);
