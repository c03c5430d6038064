// SPDX-License-Identifier: GPL-2.0-only

/** TCP in bulk through a lossy bottleneck, of both directions and both families, and a ping beside it. */
import type { Os, Simulation } from 'libos';
import { play } from './play.js';

async function sink(os: Os): Promise<void> {
  for await (const socket of os.listen(7)) {
    void socket.readAll().then(({ length }) => os.log('has received', { length }));
  }
}

function source(to: string, version: 4 | 6) {
  return async (os: Os): Promise<void> => {
    using socket = await os.connect(os.resolve(to, { version }), 7);
    for (;;) await socket.write(new Uint8Array(50_000));
  };
}

function build(sim: Simulation): void {
  const [alice, router, bob] = sim.hosts('alice', 'router', 'bob');
  sim.connect(alice, router, { rate: '100 Mbit/s', delay: '2 ms' });
  sim.connect(router, bob, {
    ...{ rate: '8 Mbit/s', delay: '10 ms', queue: '40 packets', loss: 0.005 },
  });
  bob.configure((os) => os.congestionControl('bbr'));
  for (const host of [alice, bob]) host.run(sink, { name: 'sink' });
  alice.run(source('bob', 4), { name: 'source' });
  alice.run(source('bob', 6), { name: 'source6', at: '300 ms' });
  bob.run(source('alice', 4), { name: 'source', at: '100 ms' });
  alice.run(
    async (os) => {
      for (let sequence = 1; ; sequence++) {
        const { roundTripNs } = await os.ping('bob', { sequence });
        os.log('ping', { sequence, roundTripNs });
        await os.sleep('100 ms');
      }
    },
    { name: 'ping' },
  );
}

await play(build, 1500);
