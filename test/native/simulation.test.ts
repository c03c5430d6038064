// SPDX-License-Identifier: GPL-2.0-only

/** Simulations on native kernels: what differs from WebAssembly, and that nothing depends on where a kernel lies. */
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, describe, expect, test } from 'vitest';
import { packageRoot } from '../../src/package-root.js';
import { runScenario } from '../../src/scenario/index.js';
import { NativeInstance } from '../../src/native/index.js';
import {
  KernelPanic,
  Simulation,
  type SimulatedHost,
  type SimulationOptions,
} from '../../src/index.js';
import { loadNativeKernel } from '../helpers/virtual-host.js';
import { bottleneck } from '../simulation/observation/support.js';

const kernel = loadNativeKernel();
const open: Simulation[] = [];
afterEach(() => {
  for (const sim of open.splice(0)) sim[Symbol.dispose]();
});

function simulation(options: SimulationOptions = {}): Simulation {
  const sim = new Simulation({ kernel, ...options });
  open.push(sim);
  return sim;
}

const baseOf = ({ kernel }: SimulatedHost): number => kernel.memory.base;

/** A says hello to B over TCP, and hears it. */
function hello(a: SimulatedHost, b: SimulatedHost) {
  b.run(
    async (os) => {
      for await (const socket of os.listen(7)) void socket.echo();
    },
    { service: true },
  );
  return a.run(async (os) => {
    using socket = await os.connect(b.name, 7);
    await socket.write('hello');
    socket.end();
    return new TextDecoder().decode(await socket.readAll());
  });
}

test('a run does not depend on where its kernels lie', async () => {
  const run = async (seed: number): Promise<Simulation> => {
    const sim = simulation({ seed, digest: 'whole' });
    const { client, hosts } = bottleneck(sim);
    hosts[1].configure((host) => host.qdisc('eth1', { kind: 'fq_codel' }));
    await sim.runUntil(client);
    await sim.runUntil(hosts[0].run((os) => os.ping('bob', { version: 6 })));
    return sim;
  };
  const [first, again, other] = [await run(1), await run(1), await run(2)];
  expect(again.topology.hosts.map(baseOf)).not.toEqual(first.topology.hosts.map(baseOf));
  expect(again.log.text()).toBe(first.log.text());
  expect(again.digest).toBe(first.digest);
  expect(other.digest).not.toBe(first.digest);
});

/** Each run is in a thread of its own. */
test.each(['faults', 'mptcp'])('nor does that of scenario %s', async (scenario) => {
  const file = join(packageRoot, 'test/determinism/scenarios', `${scenario}.ts`);
  const run = async (workers: number): Promise<unknown> => {
    const options = { workers, seed: 'gate', parameters: { native: true } };
    const { error, simulations } = await runScenario(file, options);
    expect(error).toBeUndefined();
    const { digest, log } = simulations[0]!;
    return { digest, log };
  };
  const first = await run(1);
  expect(await run(1)).toEqual(first);
  expect(await run(2)).toEqual(first);
});

test('hosts of both forms are in one simulation', async () => {
  const sim = simulation();
  const native = sim.host('native');
  const wasm = sim.host('wasm', { kernel: 'sim' });
  sim.connect(native, wasm, { rate: '10 Mbit/s', delay: '1 ms' });
  expect(await sim.runUntil(hello(native, wasm))).toBe('hello');
  expect(await sim.runUntil(hello(wasm, native))).toBe('hello');
  expect([native, wasm].map((host) => host.kernel instanceof NativeInstance)).toEqual([
    true,
    false,
  ]);
});

describe('what a kernel has of the machine', () => {
  /** More than fits below 4 GiB at once. */
  const most = '512 MiB';
  const many = 20;

  test('is given back when its host crashes, and who still holds something of it is told', async () => {
    const sim = simulation({ memoryMax: most });
    const [a, b] = sim.hosts('a', 'b');
    sim.connect(a, b, { delay: '1 ms' });
    const { posix } = a;
    const process = posix.spawn();
    for (let boot = 0; boot < many; boot++) {
      await sim.run('10 ms');
      a.reboot();
    }
    expect(a.bootCount).toBe(many + 1);
    expect(await sim.runUntil(hello(a, b))).toBe('hello');
    expect(() => process.uname()).toThrow(KernelPanic);
    expect(() => posix.readFile('/proc/version')).toThrow('the host has crashed');
  });

  test('and when its simulation is over', async () => {
    for (let count = 0; count < many; count++) {
      using sim = new Simulation({ kernel, memoryMax: most });
      const [host] = sim.hosts('host');
      await sim.run('10 ms');
      expect(host.state).toBe('up');
    }
  });

  test('and when nobody knows it any more', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    for (let count = 0; count < many; count++) {
      const sim = new Simulation({ kernel, memoryMax: most });
      sim.host('host');
      await sim.run('10 ms');
      collect();
      // What is given back is so in a turn of its own.
      await new Promise((resolve) => setImmediate(resolve));
    }
  });

  test('is an error where it is not enough, with the host and a way out', () => {
    const sim = simulation({ memoryMax: most });
    for (let count = 0; count < many; count++) sim.host(`h${count}`);
    expect(() => sim.start()).toThrow(
      expect.objectContaining({
        code: 'ERR_LIBOS_NATIVE_KERNEL',
        message: expect.stringMatching(
          /^h\d+: cannot load .*: no address space is left below 4 GiB \(simulation\.test\.ts:\d+\)$/,
        ) as string,
        hint: expect.stringContaining('memoryMax') as string,
      }),
    );
  });
});

describe('snapshots and forks', () => {
  const refusal = expect.objectContaining({
    code: 'ERR_LIBOS_SNAPSHOT',
    message: expect.stringContaining(
      'a has a native kernel, of which there are no images',
    ) as string,
  }) as Error;

  test('are an error by name once a host is up', async () => {
    const sim = simulation();
    sim.host('a');
    await sim.run('1 ms');
    expect(() => sim.snapshot()).toThrow(refusal);
    expect(() => sim.fork()).toThrow(refusal);
  });

  test('and so is to log calls for them', () => {
    const sim = simulation({ snapshots: true });
    sim.host('a');
    expect(() => sim.start()).toThrow(refusal);
  });

  test('of hosts that have not booted go as in WebAssembly', async () => {
    const sim = simulation();
    const [a, b] = sim.hosts('a', 'b');
    sim.connect(a, b);
    const asks = hello(a, b);
    const fork = await sim.fork();
    open.push(fork);
    expect(await fork.runUntil(fork.counterpart(asks))).toBe('hello');
    expect(a.state).toBe('planned');
  });
});
