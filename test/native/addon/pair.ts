// SPDX-License-Identifier: GPL-2.0-only

/** Two native hosts on a link, in the simulator's virtual time or in real time. */
import { Engine } from '../../../src/dce/engine.js';
import { HostNic, SeededEntropy, turnOfEventLoop, type Timeline } from '../../../src/host/index.js';
import { Link, type LinkOptions } from '../../../src/link/index.js';
import { NativeHost, type NativeKernel, Reactor, RealTimeline } from '../../../src/native/index.js';
import { linkWorld } from '../../helpers/link-world.js';
import { loadNativeKernel } from '../../helpers/virtual-host.js';

export const addresses = ['192.0.2.1', '192.0.2.2'] as const;

export interface NativePair extends Disposable {
  readonly engine: Engine;
  readonly hosts: readonly [NativeHost, NativeHost];
  readonly link: Link;
  /** The promise's value, with virtual time moved as far as it takes, an hour at most. */
  until<T>(promise: Promise<T>): Promise<T>;
  run(durationNs: number): Promise<void>;
}

export async function nativePair(options: LinkOptions = {}, seed = 1): Promise<NativePair> {
  const kernel = loadNativeKernel();
  const engine = new Engine(turnOfEventLoop);
  // Linux takes a time of 0 for none.
  await engine.run(1e9, () => false);
  const { hosts, link } = join(kernel, engine, options, seed);
  const run = async (durationNs: number): Promise<void> => {
    await engine.run(engine.nowNs + durationNs, () => false);
  };
  return {
    engine,
    hosts,
    link,
    run,
    async until(promise) {
      const state = { settled: false };
      const settle = (): void => void (state.settled = true);
      promise.then(settle, settle);
      await engine.run(engine.nowNs + 3600e9, () => state.settled);
      if (!state.settled) throw new Error('nothing is left that could settle the promise');
      return promise;
    },
    [Symbol.dispose]: () => hosts.forEach((host) => host.close()),
  };
}

/** The same in real time. */
export interface RealPair extends Disposable {
  readonly timeline: RealTimeline;
  readonly hosts: readonly [NativeHost, NativeHost];
  readonly link: Link;
}

export function realPair(options: LinkOptions = {}): RealPair {
  const reactor = new Reactor();
  const timeline = new RealTimeline({ reactor });
  const { hosts, link } = join(loadNativeKernel(), timeline, options, 1);
  return {
    timeline,
    hosts,
    link,
    [Symbol.dispose]() {
      hosts.forEach((host) => host.close());
      timeline.close();
      reactor.close();
    },
  };
}

function join(
  kernel: NativeKernel,
  timeline: Timeline,
  options: LinkOptions,
  seed: number,
): { readonly hosts: readonly [NativeHost, NativeHost]; readonly link: Link } {
  const hosts = ['a', 'b'].map(
    (name) =>
      new NativeHost({
        kernel,
        timeline,
        name,
        entropy: SeededEntropy.fromSeed(seed, name),
        onWarning: ({ message, stack }) => {
          throw new Error(`the kernel warns: ${message}\n${stack}`);
        },
      }),
  ) as [NativeHost, NativeHost];
  const nics = hosts.map((host, i) => {
    const mac = Uint8Array.of(2, 0, 0, 0, 0, i + 1);
    const nic = new HostNic(host.scheduler, { name: 'eth0', hostName: host.name, mac });
    nic.attach(host.kernel);
    return nic;
  });
  const link = new Link(linkWorld(timeline, seed), nics[0]!, nics[1]!, options);
  hosts.forEach((host, i) => {
    host.posix.route.links.change('eth0', { up: true });
    host.posix.route.addresses.add('eth0', `${addresses[i]!}/24`);
  });
  return { hosts, link };
}
