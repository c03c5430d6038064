// SPDX-License-Identifier: GPL-2.0-only

/**
 * What a host's kernel starts from. In WebAssembly all hosts are clones of one image. A kernel of another form has
 * no images: each host boots one of its own, and has then what the image would have had.
 */
import {
  type BootOptions,
  type Clock,
  type HostedKernel,
  type ImageOptions,
  type Kernel,
  type KernelImage,
  type KernelInstance,
} from '../kernel/index.js';
import { ilp32, O_CREAT, O_WRONLY, PosixHost, type DataModel } from '../posix/index.js';
import { bootEntropy, freshBoot } from './fresh-boot.js';
import { uptimeAtStartNs } from './host-clock.js';

/** A kernel of another form than WebAssembly, as `NativeKernel` of `libos/native` is one. */
export interface LoadedKernel {
  /** That of the C structures in its system calls. */
  readonly model: DataModel;
  /** A new instance with Linux booted in it. */
  boot(options: BootOptions): OwnedKernel;
}

/** An instance in memory of the machine's, which it keeps until it is closed. */
export interface OwnedKernel extends HostedKernel {
  /** Ends it, if it lives. */
  close(): void;
}

/** `start` makes a kernel for a host, at the time of the host's clock. */
export type HostStart = ImageStart | BootStart;

export interface ImageStart {
  readonly kernel: Kernel;
  readonly model: DataModel;
  readonly image: KernelImage;
  start(options: ImageOptions): KernelInstance;
}

export interface BootStart {
  readonly kernel: LoadedKernel;
  readonly model: DataModel;
  readonly image?: undefined;
  start(options: ImageOptions): OwnedKernel;
}

export interface StartSettings {
  readonly startDateMs: number;
  readonly memoryMax?: number | string;
  /** Its hosts send nothing for IPv6's own sake that a planned network does not need. */
  readonly quiet: boolean;
}

/** As `Kernel.boot` has it. */
const memoryMaxDefault = '64 MiB';

/** Hosts neither ask for routers nor check their own addresses: who gives them has seen to both. */
const quietSettings = ['router_solicitations', 'accept_ra', 'accept_dad', 'dad_transmits'];

/** From an image. */
export function imageStart(kernel: Kernel, image: KernelImage): ImageStart {
  return { kernel, model: ilp32, image, start: (options) => kernel.clone(image, options) };
}

/** From a boot of the host's own. */
export function bootStart(kernel: LoadedKernel, settings: StartSettings): BootStart {
  const { model } = kernel;
  return { kernel, model, start: (options) => bootFor(kernel, settings, options) };
}

/** What hosts of a kernel start from: booted, loopback up. */
export function bootImage(kernel: Kernel, { quiet, ...options }: StartSettings): KernelImage {
  const { image, entropy } = freshBoot(kernel, { uptimeNs: uptimeAtStartNs, ...options });
  const instance = kernel.clone(image, {
    name: 'boot image',
    clock: { nowNs: uptimeAtStartNs },
    entropy,
    reseed: false,
  });
  setUp(instance, ilp32, quiet);
  return instance.snapshot(image);
}

/** It boots at the uptime of every start, with the randomness of every boot, and is the host's from then on. */
function bootFor(
  kernel: LoadedKernel,
  { quiet, startDateMs, memoryMax = memoryMaxDefault }: StartSettings,
  { reseed, ...options }: ImageOptions,
): OwnedKernel {
  const clock = new StartClock(options.clock);
  const ofBoot = bootEntropy();
  const instance = kernel.boot({
    ...options,
    clock,
    entropy: { fill: (bytes) => (clock.started ? options.entropy : ofBoot).fill(bytes) },
    // As of an image, nobody hears what is said at boot.
    console: (record) => {
      if (clock.started) options.console?.(record);
    },
    realtimeOffsetMs: startDateMs - uptimeAtStartNs / 1e6,
    memoryMax,
  });
  try {
    setUp(instance, kernel.model, quiet);
    clock.started = true;
    if (reseed !== false) instance.reseed();
    return instance;
  } catch (error) {
    instance.close();
    throw error;
  }
}

/** Stands until the host has started; then it is the host's. */
class StartClock implements Clock {
  started = false;
  readonly #host: Clock;

  constructor(host: Clock) {
    this.#host = host;
  }

  get nowNs(): number {
    return this.started ? this.#host.nowNs : uptimeAtStartNs;
  }
}

function setUp(kernel: HostedKernel, model: DataModel, quiet: boolean): void {
  const outside = (): never => {
    throw new Error(`${kernel.name}: nothing waits while it boots`);
  };
  const time = { nowNs: () => uptimeAtStartNs, at: outside, defer: () => undefined };
  const posix = new PosixHost(kernel, time, model);
  posix.route.links.change('lo', { up: true });
  posix.service.writeFile('/etc/hosts', '127.0.0.1 localhost\n', O_WRONLY | O_CREAT);
  for (const name of quiet ? quietSettings : []) {
    posix.sysctl(`net.ipv6.conf.default.${name}`, 0);
  }
  posix.close();
}
