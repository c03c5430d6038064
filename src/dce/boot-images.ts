// SPDX-License-Identifier: GPL-2.0-only

/** A booted image of each kernel and limit of memory: every host starts from one. */
import type { Kernel, KernelImage } from '../kernel/index.js';
import {
  bootImage,
  loadKernel,
  type BootImageOptions,
  type HostOptions,
  type KernelOption,
} from './host-options.js';

export interface BootImagesOptions {
  readonly boot: Omit<BootImageOptions, 'memoryMax'>;
  /** Of hosts that say nothing else. */
  readonly kernel?: KernelOption;
  readonly memoryMax?: number | string;
}

export class BootImages {
  readonly #options: BootImagesOptions;
  /** Finding a kernel reads files, so it is done once for each option. */
  readonly #kernels = new Map<KernelOption | undefined, Kernel>();
  readonly #images = new Map<Kernel, Map<unknown, KernelImage>>();

  constructor(options: BootImagesOptions) {
    this.#options = options;
  }

  imageFor(host: HostOptions): { readonly kernel: Kernel; readonly image: KernelImage } {
    const { boot } = this.#options;
    const memoryMax = host.memoryMax ?? this.#options.memoryMax;
    const kernel = this.#kernelOf(host.kernel ?? this.#options.kernel);
    let images = this.#images.get(kernel);
    if (!images) this.#images.set(kernel, (images = new Map<unknown, KernelImage>()));
    let image = images.get(memoryMax);
    if (!image) {
      image = bootImage(kernel, {
        ...boot,
        ...(memoryMax === undefined ? {} : { memoryMax }),
      });
      images.set(memoryMax, image);
    }
    return { kernel, image };
  }

  #kernelOf(option: KernelOption | undefined): Kernel {
    let kernel = this.#kernels.get(option);
    if (!kernel) this.#kernels.set(option, (kernel = loadKernel(option)));
    return kernel;
  }
}
