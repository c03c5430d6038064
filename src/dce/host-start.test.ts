// SPDX-License-Identifier: GPL-2.0-only

/** A kernel that hosts boot for themselves, played by one in WebAssembly: it must do what clones of an image do. */
import { describe, expect, test } from 'vitest';
import { Kernel, type BootOptions } from '../kernel/index.js';
import { ilp32 } from '../posix/index.js';
import type { LoadedKernel, OwnedKernel } from './host-start.js';
import { Simulation } from './simulation.js';

const wasm = Kernel.loadSync();

class BootingKernel implements LoadedKernel {
  readonly model = ilp32;
  readonly closed: string[] = [];
  boots = 0;

  boot(options: BootOptions): OwnedKernel {
    this.boots++;
    const instance = wasm.boot(options);
    const close = (): void => {
      if (!instance.death) instance.kill('it was closed');
      this.closed.push(instance.name);
    };
    return Object.assign(instance, { close });
  }
}

/** Late hosts, a wrong clock, a reboot: what boots at another time than the start. */
async function run(sim: Simulation): Promise<string> {
  const [alice, bob] = sim.hosts('alice', 'bob');
  sim.connect(alice, bob, { rate: '10 Mbit/s', delay: '3 ms' });
  bob.clock.set({ offset: '1 h', driftPpm: 50 });
  for (const host of [alice, bob]) {
    host.run(
      async (os) => {
        for await (const socket of os.listen(7)) void socket.echo();
      },
      { restart: true },
    );
  }
  await sim.run('1 s');
  const carol = sim.host('carol');
  sim.connect(carol, bob);
  const asks = carol.run(async (os) => {
    using socket = await os.connect('alice', 7);
    await socket.write(new Uint8Array(30_000));
    socket.end();
    os.log('echoed', { length: (await socket.readAll()).length });
    const uptime = os.readFile('/proc/uptime');
    return [uptime, os.now.toISOString(), os.posix.readFile('/proc/sys/kernel/random/uuid')];
  });
  const said = await sim.runUntil(asks);
  bob.reboot();
  await sim.runUntil(alice.run((os) => os.ping('carol')));
  return JSON.stringify([said, sim.nowNs, sim.digest, sim.log.text()]);
}

describe('hosts that boot', () => {
  test('are what clones are, at whatever time', async () => {
    const kernel = new BootingKernel();
    const booted = await run(new Simulation({ seed: 7, kernel }));
    expect(kernel.boots).toBe(4);
    expect(booted).toBe(await run(new Simulation({ seed: 7 })));
  });

  test('give back what they have when they crash, and when their simulation is over', async () => {
    const kernel = new BootingKernel();
    const sim = new Simulation({ kernel });
    const [a, b] = sim.hosts('a', 'b');
    sim.host('wasm', { kernel: wasm });
    const waits = a.run((os) => os.sleep('1 h'));
    await sim.run('1 ms');
    b.crash();
    expect(kernel.closed).toEqual(['b']);
    sim[Symbol.dispose]();
    expect(kernel.closed).toEqual(['b', 'a']);
    expect(sim.topology.hosts.map(({ state }) => state)).toEqual(['down', 'down', 'down']);
    expect([a.state, waits.state]).toEqual(['down', 'running']);
  });
});
