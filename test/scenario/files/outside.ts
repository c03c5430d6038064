// SPDX-License-Identifier: GPL-2.0-only

/** The real world from within a program: only by leave, and then without virtual time. */
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { generateKeyPairSync } from 'node:crypto';
import { Simulation } from 'libos';

const own = new URL(import.meta.url);
// Before the simulation runs, everything may be read.
const text = await readFile(own, 'utf8');

const sim = new Simulation({ seed: 1 });
const [alice, bob] = sim.hosts('alice', 'bob');

const tries = {
  file: () => readFile(own, 'utf8'),
  socket: () => connect(9, '127.0.0.1'),
  web: () => fetch('http://127.0.0.1:9/'),
  key: () => generateKeyPairSync('ed25519'),
  digest: () => crypto.subtle.digest('SHA-256', new Uint8Array(1)),
  channel: () => new MessageChannel(),
};
for (const [name, attempt] of Object.entries(tries)) {
  alice.run(
    async () => {
      try {
        await attempt();
        return 'done';
      } catch (error) {
        return (error as { code?: string }).code;
      }
    },
    { name },
  );
}
bob.run(
  async (os) => {
    const fromNs = os.nowNs;
    const [first, second] = await Promise.all([
      os.outside(() => readFile(own, 'utf8')),
      os.outside(() => crypto.subtle.digest('SHA-256', new Uint8Array(1))),
    ]);
    const passedNs = os.nowNs - fromNs;
    await wait(5);
    return { same: first === text, bytes: second.byteLength, passedNs, laterNs: os.nowNs - fromNs };
  },
  { name: 'reader', at: '1 s' },
);
await sim.run('2 s');
