// SPDX-License-Identifier: GPL-2.0-only

/** An echo server and its clients, over TCP. */
import { Simulation } from 'libos';

const sim = new Simulation({ seed: 1 });
const [alice, bob] = sim.hosts('alice', 'bob');
sim.connect(alice, bob, { rate: '100 Mbit/s', delay: '10 ms' });

bob.run(async function server(os) {
  for await (const socket of os.listen(7)) void socket.echo();
});

const clients = ['hello', 'over', 'real', 'TCP'].map((text) =>
  alice.run(async (os) => {
    using socket = await os.connect('bob', 7);
    await socket.write(text);
    socket.end();
    return new TextDecoder().decode(await socket.readAll());
  }),
);

const answers = await sim.runUntil(Promise.all(clients.map(({ done }) => done)));
console.log(answers.join(' '));
console.log(`${sim.nowNs / 1e6} ms of virtual time`);
