// SPDX-License-Identifier: GPL-2.0-only

/** What hosts start from, made once for each kernel and limit of memory: a booted image where there can be one. */
import { Kernel } from '../kernel/index.js';
import { loadKernel, type HostOptions, type KernelOption } from './host-options.js';
import {
  bootImage,
  bootStart,
  imageStart,
  type HostStart,
  type LoadedKernel,
  type StartSettings,
} from './host-start.js';

export interface BootImagesOptions {
  readonly boot: Omit<StartSettings, 'memoryMax'>;
  /** Of hosts that say nothing else. */
  readonly kernel?: KernelOption | undefined;
  readonly memoryMax?: number | string;
}

export class BootImages {
  readonly #options: BootImagesOptions;
  /** Finding a kernel reads files, so it is done once for each option. */
  readonly #kernels = new Map<KernelOption | undefined, Kernel | LoadedKernel>();
  readonly #starts = new Map<Kernel | LoadedKernel, Map<unknown, HostStart>>();

  constructor(options: BootImagesOptions) {
    this.#options = options;
  }

  startFor(host: HostOptions): HostStart {
    const memoryMax = host.memoryMax ?? this.#options.memoryMax;
    const kernel = this.#kernelOf(host.kernel ?? this.#options.kernel);
    let starts = this.#starts.get(kernel);
    if (!starts) this.#starts.set(kernel, (starts = new Map<unknown, HostStart>()));
    let start = starts.get(memoryMax);
    if (!start) {
      start = this.#createStart(kernel, memoryMax);
      starts.set(memoryMax, start);
    }
    return start;
  }

  #createStart(kernel: Kernel | LoadedKernel, memoryMax: number | string | undefined): HostStart {
    const settings = { ...this.#options.boot, ...(memoryMax === undefined ? {} : { memoryMax }) };
    if (kernel instanceof Kernel) return imageStart(kernel, bootImage(kernel, settings));
    return bootStart(kernel, settings);
  }

  #kernelOf(option: KernelOption | undefined): Kernel | LoadedKernel {
    let kernel = this.#kernels.get(option);
    if (!kernel) this.#kernels.set(option, (kernel = loadKernel(option)));
    return kernel;
  }
}
