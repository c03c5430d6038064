// SPDX-License-Identifier: GPL-2.0-only

/** One Linux of a simulation: its kernel on virtual time, its POSIX side, its NICs. */
import { HostNic, type Entropy, type Offload, type Scheduler } from '../host/index.js';
import type {
  Clock,
  Console,
  Kernel,
  KernelImage,
  KernelInstance,
  KernelWarning,
} from '../kernel/index.js';
import { PosixHost, type HostTime } from '../posix/index.js';
import { CallbackTable } from './callbacks.js';
import type { Engine } from './engine.js';
import { KernelTimer } from './kernel-timer.js';

/** Linux takes a time of 0 for none: a host has been up for a second when a simulation begins. */
const uptimeAtStartNs = 1e9;

export interface SimulatedHostOptions {
  readonly name: string;
  /** Unique in the simulation. */
  readonly index: number;
  readonly kernel: Kernel;
  readonly image: KernelImage;
  readonly engine: Engine;
  readonly entropy: Entropy;
  readonly console?: Console;
  readonly onWarning?: (warning: KernelWarning) => void;
}

export class SimulatedHost {
  readonly name: string;
  readonly kernel: KernelInstance;
  readonly posix: PosixHost;
  readonly #index: number;
  readonly #scheduler: Scheduler;
  readonly #nics: HostNic[] = [];

  constructor(options: SimulatedHostOptions) {
    const { name, engine, kernel, image, entropy, console, onWarning } = options;
    this.name = name;
    this.#index = options.index;
    this.#scheduler = engine.createScheduler();
    const callbacks = new CallbackTable(this.#scheduler);
    this.kernel = kernel.clone(image, {
      name,
      entropy,
      clock: hostClock(engine.clock),
      ...(console ? { console } : {}),
      ...(onWarning ? { onWarning } : {}),
    });
    new KernelTimer(this.kernel, this.#scheduler, uptimeAtStartNs);
    this.posix = new PosixHost(this.kernel, hostTime(engine, callbacks));
    this.posix.route.links.change('lo', { up: true });
  }

  /** What every host of a simulation starts from. */
  static bootImage(
    kernel: Kernel,
    options: { entropy: Entropy; startDateMs: number; memoryMax?: number | string },
  ): KernelImage {
    const { startDateMs, ...rest } = options;
    return kernel
      .boot({
        ...rest,
        name: 'boot image',
        clock: hostClock({ nowNs: 0 }),
        realtimeOffsetMs: startDateMs - uptimeAtStartNs / 1e6,
      })
      .snapshot();
  }

  get nics(): readonly HostNic[] {
    return this.#nics;
  }

  /** A new NIC, eth0 first; it is down and without an address. */
  addNic(options: { mtu?: number; offloads?: Partial<Record<Offload, boolean>> } = {}): HostNic {
    const number = this.#nics.length;
    const nic = new HostNic(this.kernel, this.#scheduler, {
      name: `eth${number}`,
      mac: macAddress(this.#index, number),
      ...options,
    });
    this.#nics.push(nic);
    return nic;
  }
}

function hostClock(clock: Clock): Clock {
  return {
    get nowNs() {
      return clock.nowNs + uptimeAtStartNs;
    },
  };
}

function hostTime(engine: Engine, callbacks: CallbackTable): HostTime {
  return {
    nowNs: () => engine.nowNs + uptimeAtStartNs,
    at: (timeNs, callback) => callbacks.callAt(timeNs - uptimeAtStartNs, callback),
    defer: (callback) => engine.defer(callback),
  };
}

/** A locally administered address: host and NIC can be read off it. */
function macAddress(host: number, nic: number): Uint8Array {
  return Uint8Array.of(0x02, 0x00, host >>> 16, host >>> 8, host, nic);
}
