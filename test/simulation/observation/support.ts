// SPDX-License-Identifier: GPL-2.0-only

/** What the tests of observation watch: a TCP transfer over a router with a narrow, lossy link behind it. */
import type { Simulation } from '../../../src/dce/index.js';

export interface Bottleneck {
  readonly hosts: ReturnType<typeof addHosts>;
  readonly links: readonly [ReturnType<Simulation['connect']>, ReturnType<Simulation['connect']>];
  /** When the client has ended, in virtual time. */
  readonly client: ReturnType<ReturnType<typeof addHosts>[0]['run']>;
}

function addHosts(sim: Simulation) {
  return sim.hosts('alice', 'router', 'bob');
}

export const transferBytes = 3_000_000;

export function bottleneck(sim: Simulation): Bottleneck {
  const hosts = addHosts(sim);
  const [alice, router, bob] = hosts;
  const wide = sim.connect(alice, router, { rate: '100 Mbit/s', delay: '5 ms' });
  const narrow = sim.connect(router, bob, {
    ...{ rate: '10 Mbit/s', delay: '20 ms', queue: '50 packets', loss: 0.002 },
  });
  bob.run(
    async (os) => {
      os.log('listens', { port: 7 });
      for await (const socket of os.listen(7)) {
        const { length } = await socket.readAll();
        os.log(`has received ${length} bytes`);
        socket.close();
      }
    },
    { name: 'server', service: true },
  );
  const client = alice.run(
    async (os) => {
      using socket = await os.connect('bob', 7);
      await socket.write(new Uint8Array(transferBytes));
      socket.end();
      await socket.readAll();
      os.log('is done');
      return os.nowNs;
    },
    { name: 'client' },
  );
  return { hosts, links: [wide, narrow], client };
}
