// SPDX-License-Identifier: GPL-2.0-only

/** Programs that use what the language gives them: calendars, randomness, timers, promises that race. */
import type { Os, Simulation } from 'libos';
import { play } from './play.js';

function build(sim: Simulation): void {
  const [alice, bob, carol] = sim.hosts('alice', 'bob', 'carol');
  sim.connect(alice, bob, { rate: '10 Mbit/s', delay: '7 ms' });
  sim.connect(bob, carol, { rate: '10 Mbit/s', delay: '3 ms' });
  for (const host of [alice, bob, carol]) {
    host.run(gamble, { name: 'gamble' });
    host.run(tick, { name: 'tick' });
  }
  bob.run(
    async (os) => {
      for await (const socket of os.listen(80)) {
        await socket.write(new Date().toISOString());
        socket.close();
      }
    },
    { name: 'time' },
  );
  for (const host of [alice, carol]) host.run(askTheTime, { name: 'ask' });
}

async function gamble(os: Os): Promise<void> {
  for (let round = 0; ; round++) {
    const bytes = crypto.getRandomValues(new Uint8Array(4));
    os.log('dice', { round, fraction: Math.random(), bytes: [...bytes], id: crypto.randomUUID() });
    await new Promise((resolve) => setTimeout(resolve, 10 + Math.random() * 50));
  }
}

async function tick(os: Os): Promise<void> {
  let ticks = 0;
  const timer = setInterval(() => {
    os.log('tick', { ticks: ++ticks, date: Date.now(), performance: performance.now() });
  }, 33);
  await new Promise<void>((resolve) => setTimeout(() => setImmediate(resolve), 400));
  clearInterval(timer);
  const slow = new Promise((resolve) => setTimeout(() => resolve('slow'), 20));
  const fast = new Promise((resolve) => setTimeout(() => resolve('fast'), 19.5));
  os.log('race', { won: await Promise.race([slow, fast]) });
}

async function askTheTime(os: Os): Promise<void> {
  for (;;) {
    using socket = await os.connect('bob', 80);
    os.log('asked', { answer: new TextDecoder().decode(await socket.readAll()) });
    await os.sleep('77 ms');
  }
}

await play(build, 700);
