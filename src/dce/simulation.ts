// SPDX-License-Identifier: GPL-2.0-only

/** Hosts, wires between them, and the virtual time they share. */
import { LibosError } from '../errors.js';
import type { HostNic } from '../host/index.js';
import { SeededEntropy, turnOfEventLoop, type Offload } from '../host/index.js';
import type { Console, Kernel, KernelImage, KernelWarning } from '../kernel/index.js';
import { Wire } from '../link/index.js';
import { parseDurationNs, parseRateBitsPerSecond } from '../units.js';
import { Engine } from './engine.js';
import { SimulatedHost } from './simulated-host.js';

export interface SimulationOptions {
  readonly kernel: Kernel;
  /** All randomness comes from it: the same seed, the same run. */
  readonly seed?: number | string;
  /** The limit of each host's memory. */
  readonly memoryMax?: number | string;
  /** What the hosts' calendar says at the start: 2025-01-01 by default. */
  readonly startDate?: Date;
}

export interface HostOptions {
  /** Another kernel than the simulation's. */
  readonly kernel?: Kernel;
  readonly console?: Console;
  readonly onWarning?: (warning: KernelWarning) => void;
}

export interface ConnectOptions {
  readonly delay?: number | string;
  readonly rate?: number | string;
  readonly queueFrames?: number;
  readonly mtu?: number;
  readonly offloads?: Partial<Record<Offload, boolean>>;
}

export interface Connection {
  readonly wire: Wire;
  readonly nics: readonly [HostNic, HostNic];
}

const startDateDefault = new Date('2025-01-01T00:00:00Z');

export class Simulation {
  readonly engine = new Engine(turnOfEventLoop);
  readonly seed: number | string;
  /** What 0 ns is on the hosts' calendar, in milliseconds since 1970. */
  readonly startDateMs: number;
  readonly #options: SimulationOptions;
  readonly #hosts = new Map<string, SimulatedHost>();
  /** A booted image of each kernel; every host starts from one. */
  readonly #images = new Map<Kernel, KernelImage>();

  constructor(options: SimulationOptions) {
    this.#options = options;
    this.seed = options.seed ?? 1;
    this.startDateMs = (options.startDate ?? startDateDefault).getTime();
  }

  get nowNs(): number {
    return this.engine.nowNs;
  }

  get hosts(): readonly SimulatedHost[] {
    return [...this.#hosts.values()];
  }

  /** A stream of randomness of its own, for whoever takes a name for it. */
  entropy(name: string): SeededEntropy {
    return SeededEntropy.fromSeed(this.seed, name);
  }

  /** Boots a host. */
  addHost(name: string, options: HostOptions = {}): SimulatedHost {
    if (this.#hosts.has(name)) {
      throw new LibosError('ERR_LIBOS_HOST', `there are two hosts called ${JSON.stringify(name)}`);
    }
    const kernel = options.kernel ?? this.#options.kernel;
    const host = new SimulatedHost({
      name,
      index: this.#hosts.size,
      kernel,
      image: this.#imageOf(kernel),
      engine: this.engine,
      entropy: this.entropy(`host ${name}`),
      ...(options.console ? { console: options.console } : {}),
      ...(options.onWarning ? { onWarning: options.onWarning } : {}),
    });
    this.#hosts.set(name, host);
    return host;
  }

  /** Joins two hosts by a wire, with a new NIC on each. */
  connect(a: SimulatedHost, b: SimulatedHost, options: ConnectOptions = {}): Connection {
    const { delay = 0, rate = Infinity, queueFrames, mtu, offloads } = options;
    const device = { ...(mtu === undefined ? {} : { mtu }), ...(offloads ? { offloads } : {}) };
    const nics = [a.addNic(device), b.addNic(device)] as const;
    const wire = new Wire(this.engine, ...nics, {
      delayNs: parseDurationNs(delay, 'delay'),
      rateBitsPerSecond: rate === Infinity ? rate : parseRateBitsPerSecond(rate, 'rate'),
      ...(queueFrames === undefined ? {} : { queueFrames }),
    });
    return { wire, nics };
  }

  /** Lets a duration pass. */
  async run(duration: number | string): Promise<void> {
    const endNs = this.nowNs + parseDurationNs(duration, 'run');
    await this.engine.run(endNs, () => false);
  }

  /** Lets time pass until the promise is settled, and gives its value. */
  async runUntil<T>(promise: Promise<T>, { timeout = '1 h' } = {}): Promise<T> {
    let settled = false;
    const settle = (): void => void (settled = true);
    promise.then(settle, settle);
    const endNs = this.nowNs + parseDurationNs(timeout, 'timeout');
    await this.engine.run(endNs, () => settled);
    // A getter would hide that the callbacks above have changed it.
    if (settled as boolean) return promise;
    throw new LibosError(
      'ERR_LIBOS_STALLED',
      `what was waited for has not happened in ${timeout} of virtual time`,
    );
  }

  /** Resolves when a duration has passed. */
  sleep(duration: number | string): Promise<void> {
    const atNs = this.nowNs + parseDurationNs(duration, 'sleep');
    return new Promise((resolve) => void this.engine.callAt(atNs, resolve));
  }

  #imageOf(kernel: Kernel): KernelImage {
    let image = this.#images.get(kernel);
    if (!image) {
      const { memoryMax } = this.#options;
      image = SimulatedHost.bootImage(kernel, {
        entropy: this.entropy('boot'),
        startDateMs: this.startDateMs,
        ...(memoryMax === undefined ? {} : { memoryMax }),
      });
      this.#images.set(kernel, image);
    }
    return image;
  }
}
