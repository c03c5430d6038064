// SPDX-License-Identifier: GPL-2.0-only
/** Programs with virtual time and chance, taken back and forked in the middle. */
import { Simulation } from 'libos';

const sim = new Simulation({ snapshots: true });
const [a, b] = sim.hosts('a', 'b');
sim.connect(a, b, { delay: '5 ms' });
b.run(
  async (os) => {
    for await (const { data } of os.udp(9)) os.report('got', data.length);
  },
  { service: true },
);
a.run(
  async (os) => {
    const socket = os.udp();
    setInterval(() => os.report('interval', Date.now()), 70);
    for (;;) {
      await new Promise((resolve) => setTimeout(resolve, 10 + Math.random() * 50));
      await socket.send(new Uint8Array(1 + Math.floor(Math.random() * 1000)), {
        address: 'b',
        port: 9,
      });
      console.log('sent at', performance.now(), crypto.randomUUID());
    }
  },
  { name: 'sender' },
);
await sim.run('700 ms');
const snapshot = sim.snapshot();
await sim.run('500 ms');
const seen = (each: Simulation) =>
  JSON.stringify([each.digest, [...each.reports], each.log.text()]);
const expected = seen(sim);
await sim.restore(snapshot);
await sim.run('500 ms');
console.log('restored', seen(sim) === expected);
const fork = await snapshot.fork();
await fork.run('500 ms');
console.log('forked', seen(fork) === expected);
const other = await snapshot.fork({ seed: 99 });
await other.run('500 ms');
console.log('another', seen(other) === expected);
