// SPDX-License-Identifier: GPL-2.0-only

/** Pairs of hosts and a small network, which nothing joins, each with traffic of its own and things that go wrong. */
import type { Os, Simulation } from 'libos';
import { play } from './play.js';

const pairsCount = 3;

function build(sim: Simulation): void {
  for (let pair = 0; pair < pairsCount; pair++) {
    const [client, server] = sim.hosts(`client${pair}`, `server${pair}`);
    sim.connect(client, server, {
      ...{ rate: `${2 + pair} Mbit/s`, delay: `${1 + 3 * pair} ms`, queue: '30 kB' },
      ...(pair % 2 === 0 ? { loss: 0.02 } : { jitter: '1 ms' }),
    });
    server.run(serve, { name: 'server', restart: true });
    client.run(fetchFrom(server.name, 20 + 10 * pair), { name: 'client' });
  }
  const lan = sim.switch('lan');
  const stations = ['alice', 'bob', 'carol'].map((name) => {
    const host = sim.host(name);
    sim.connect(host, lan, { rate: '10 Mbit/s', delay: '200 us' });
    return host;
  });
  for (const [index, host] of stations.entries()) {
    host.run(pinger(stations[(index + 1) % stations.length]!.name), { name: 'pinger' });
  }
  // At moments at which something else happens, too: at 300 ms senders wake up.
  sim.at('300 ms', (now) => now.links[1]!.set({ rate: '500 kbit/s' }));
  sim.at('350 ms', (now) => host(now, 'server2').crash());
  sim.at('400 ms', (now) => host(now, 'server2').reboot());
  sim.at(
    '250 ms',
    (now) =>
      void now.faults.partition([host(now, 'alice')], [host(now, 'bob')], { until: '450 ms' }),
  );
}

function host(sim: Simulation, name: string) {
  return sim.topology.hosts.find((each) => each.name === name)!;
}

async function serve(os: Os): Promise<void> {
  for await (const socket of os.listen(7)) void socket.echo().catch(() => undefined);
}

function fetchFrom(server: string, intervalMs: number) {
  return async (os: Os): Promise<void> => {
    for (let round = 0; ; round++) {
      try {
        using socket = await os.connect(server, 7, { timeoutNs: 250e6 });
        await socket.write(new Uint8Array(3000 + Math.floor(Math.random() * 9000)));
        socket.end();
        const { length } = await socket.readAll();
        os.log('echo', { round, length, at: Date.now() });
        os.report('bytes', length);
      } catch (error) {
        os.log('failed', { round, why: (error as Error).message });
      }
      await os.sleep(`${intervalMs} ms`);
    }
  };
}

function pinger(peer: string) {
  return async (os: Os): Promise<void> => {
    for (;;) {
      const outcome = await os.ping(peer, { timeout: '50 ms' }).catch(() => undefined);
      os.log('ping', { peer, roundTripNs: outcome?.roundTripNs });
      await os.sleep('20 ms');
    }
  };
}

await play(build, 600);
