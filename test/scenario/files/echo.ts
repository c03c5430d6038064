// SPDX-License-Identifier: GPL-2.0-only

/** The README's kind of scenario: it makes its simulation at the top level. */
import { Simulation } from 'libos';

const sim = new Simulation({ seed: 7 });
const [alice, router, bob] = sim.hosts('alice', 'router', 'bob');
sim.connect(alice, router, { rate: '100 Mbit/s', delay: '5 ms' });
sim.connect(router, bob, { rate: '10 Mbit/s', delay: '20 ms' });
bob.run(
  async (os) => {
    for await (const socket of os.listen(7)) {
      for await (const chunk of socket) await socket.write(chunk);
      socket.close();
    }
  },
  { name: 'server' },
);
alice.run(
  async (os) => {
    using socket = await os.connect('bob', 7);
    await socket.write('hello');
    socket.end();
    const text = new TextDecoder().decode(await socket.readAll());
    os.report('echo', text);
    console.log('heard %s', text);
    return text;
  },
  { name: 'client' },
);
await sim.run('2 s');
console.log('over');
