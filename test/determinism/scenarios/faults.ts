// SPDX-License-Identifier: GPL-2.0-only

/** Everything that can go wrong on the way and at the ends, and programs that go on nevertheless. */
import type { Os, Simulation } from 'libos';
import { play } from './play.js';

function build(sim: Simulation): void {
  const [alice, router, bob, carol] = sim.hosts('alice', 'router', 'bob', 'carol');
  const bursts = { gilbertElliott: { loss: 0.02, burst: 3 } };
  sim.connect(alice, router, {
    ...{ rate: '20 Mbit/s', delay: '4 ms', jitter: { amount: '2 ms', distribution: 'normal' } },
    ...{ loss: bursts, duplicate: 0.01 },
  });
  sim.connect(router, bob, {
    ...{ rate: '10 Mbit/s', delay: '6 ms', queue: '30 kB', corrupt: 0.005 },
    ...{ reorder: { probability: 0.02, hold: '3 ms' } },
  });
  sim.connect(router, carol, { rate: '10 Mbit/s', delay: '5 ms' });
  bob.run(serve, { name: 'server', restart: true });
  for (const host of [alice, carol]) host.run(retry, { name: 'client' });
  sim.at(
    '200 ms',
    (now) =>
      void now.faults.partition([host(now, 'carol')], [host(now, 'bob')], { until: '400 ms' }),
  );
  sim.at('450 ms', (now) => host(now, 'bob').crash());
  sim.at('600 ms', (now) => host(now, 'bob').reboot());
  sim.at('700 ms', (now) => void now.faults.blackhole(host(now, 'alice'), { until: '800 ms' }));
}

/** In a fork, too, it is that one's. */
function host(sim: Simulation, name: string) {
  return sim.topology.hosts.find((each) => each.name === name)!;
}

async function serve(os: Os): Promise<void> {
  for await (const socket of os.listen(7)) void socket.echo().catch(() => undefined);
}

async function retry(os: Os): Promise<void> {
  for (let round = 0; ; round++) {
    try {
      using socket = await os.connect('bob', 7, { timeoutNs: 150e6 });
      await socket.write(`round ${round}`.padEnd(8000));
      socket.end();
      os.log('echo', { round, length: (await socket.readAll()).length });
    } catch (error) {
      os.log('failed', { round, why: (error as Error).message });
    }
    await os.sleep('15 ms');
  }
}

await play(build, 1200);
