// SPDX-License-Identifier: GPL-2.0-only
/**
 * Where a conformance test runs: on the library and on this machine’s own Linux, the oracle. A body uses sockets
 * that do not block, and `ready` where a program would poll; what it expects must hold in both.
 */
import { describe, test } from 'vitest';
import { lp64, PosixHost, type Process, type HostTime } from '../../src/posix/index.js';
import { NativePort, oracleMissing } from './native-port.js';
import { virtualHost } from './virtual-host.js';

export interface World {
  readonly name: 'libos' | 'linux';
  readonly host: PosixHost;
  readonly process: Process;
  /** Waits until one of the events is there. */
  ready(fd: number, events: number): Promise<void>;
  /** Lets what is on its way arrive. */
  settle(): Promise<void>;
  [Symbol.dispose](): void;
}

async function libos(): Promise<World> {
  const virtual = await virtualHost();
  const process = virtual.host.spawn();
  return {
    name: 'libos',
    host: virtual.host,
    process,
    ready: async (fd, events) => void (await virtual.until(process.pollAsync([{ fd, events }]))),
    settle: () => virtual.pass(50e6),
    [Symbol.dispose]: () => virtual[Symbol.dispose](),
  };
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const readyPatienceMs = 5000;

function linux(): World {
  const time: HostTime = {
    nowNs: () => Math.round(performance.now() * 1e6),
    at: () => {
      throw new Error('the oracle has no timers');
    },
    defer: (callback) => queueMicrotask(callback),
  };
  const host = new PosixHost(new NativePort(), time, lp64);
  host.route.links.change('lo', { up: true });
  const process = host.spawn();
  return {
    name: 'linux',
    host,
    process,
    async ready(fd, events) {
      const end = performance.now() + readyPatienceMs;
      while (process.poll([{ fd, events }])[0] === 0) {
        if (performance.now() > end)
          throw new Error('the oracle’s descriptor does not become ready');
        await sleep(1);
      }
    },
    settle: () => sleep(50),
    [Symbol.dispose]: () => process.exit(),
  };
}

/** Runs a body as `<name>.libos` and `<name>.linux`. */
export function conformance(name: string, body: (world: World) => Promise<void> | void): void {
  describe(name, () => {
    test(`${name}.linux`, async (context) => {
      const missing = oracleMissing();
      if (missing !== undefined) context.skip(missing);
      using world = linux();
      await body(world);
    });
    test(`${name}.libos`, async () => {
      using world = await libos();
      await body(world);
    });
  });
}

/** The errno that `call` fails with, or `ok`. */
export function outcome(call: () => unknown): string {
  try {
    call();
    return 'ok';
  } catch (error) {
    if (error instanceof Error && 'code' in error) return String(error.code);
    throw error;
  }
}
