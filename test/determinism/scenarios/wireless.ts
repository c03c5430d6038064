// SPDX-License-Identifier: GPL-2.0-only

/** Stations that share the air, lose frames by distance, and one that walks from one access point to another. */
import type { Os, Simulation } from 'libos';
import { play } from './play.js';

function build(sim: Simulation): void {
  const air = sim.wireless('air', { rate: '24 Mbit/s' });
  const lan = sim.switch('lan');
  const [west, east] = [
    sim.accessPoint('west', air, { x: 0, y: 0 }),
    sim.accessPoint('east', air, { x: 90, y: 0 }),
  ];
  for (const point of [west, east]) sim.connect(point, lan, { rate: '100 Mbit/s', delay: '1 ms' });
  const server = sim.host('server');
  sim.connect(server, lan, { rate: '100 Mbit/s', delay: '1 ms' });
  server.run(
    async (os) => {
      for await (const socket of os.listen(7)) void socket.echo().catch(() => undefined);
    },
    { name: 'server' },
  );
  const stations = ['walker', 'near', 'far'].map((name) => {
    const host = sim.host(name);
    const link = sim.connect(host, air);
    host.run(talk, { name: 'client', at: '20 ms' });
    return link;
  });
  air.station(stations[1]!).moveTo({ x: 5, y: 5 });
  air.station(stations[2]!).moveTo({ x: 60, y: 20 });
  for (let step = 1; step <= 9; step++) {
    sim.at(step * 100e6, (now) =>
      now
        .counterpart(air)
        .station(now.counterpart(stations[0]!))
        .moveTo({ x: step * 10, y: 0 }),
    );
  }
}

async function talk(os: Os): Promise<void> {
  for (let round = 0; ; round++) {
    using socket = await os.connect('server', 7);
    await socket.write(`round ${round}`.padEnd(10_000));
    socket.end();
    os.log('echo', { round, length: (await socket.readAll()).length });
  }
}

await play(build, 1200);
