// SPDX-License-Identifier: GPL-2.0-only

/** Two switches and a hub: learning, flooding, contention, and a link that goes down and comes back. */
import type { Os, Simulation } from 'libos';
import { play } from './play.js';

function build(sim: Simulation): void {
  const [left, right, hub] = [sim.switch('left'), sim.switch('right'), sim.hub('hub')];
  sim.connect(left, right, { rate: '20 Mbit/s', delay: '200 us' });
  sim.connect(right, hub, { rate: '10 Mbit/s', delay: '50 us' });
  const names = ['a', 'b', 'c', 'd', 'e', 'f'];
  const media = [left, left, right, right, hub, hub];
  const links = names.map((name, index) => {
    const host = sim.host(name);
    host.run(serve, { name: 'server' });
    host.run(talkTo(names[(index + 1) % names.length]!), {
      name: 'client',
      at: `${10 * index} ms`,
    });
    return sim.connect(host, media[index]!, { rate: '10 Mbit/s', delay: '20 us' });
  });
  sim.at('300 ms', (now) => now.counterpart(links[2]!).down());
  sim.at('500 ms', (now) => now.counterpart(links[2]!).up());
}

async function serve(os: Os): Promise<void> {
  for await (const socket of os.listen(7)) void socket.echo();
}

function talkTo(peer: string) {
  return async (os: Os): Promise<void> => {
    for (let round = 0; ; round++) {
      using socket = await os.connect(peer, 7);
      await socket.write(`round ${round}`.padEnd(20_000));
      socket.end();
      const { length } = await socket.readAll();
      os.log('echo', { round, length });
      await os.sleep('20 ms');
    }
  };
}

await play(build, 900);
