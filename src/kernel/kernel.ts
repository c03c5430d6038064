// SPDX-License-Identifier: GPL-2.0-only

/**
 * A kernel as a file: loaded and compiled once, then booted or cloned into as many instances as are wanted. This
 * folder is the only place that touches `WebAssembly`.
 */
import { statSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { readKernel, readKernelSync } from '../../kernel/build/kernel-file.js';
import { locateKernel, type KernelChoice } from '../../kernel/build/locate.js';
import { LibosError } from '../errors.js';
import { parseSizeBytes } from '../units.js';
import { ABI_VERSION } from './abi.generated.js';
import type { Clock, Console, Entropy, KernelWarning } from './environment.js';
import { piecesOf, wasmPageBytes, type KernelImage } from './image.js';
import { KernelInstance } from './instance.js';
import { checkedManifest, foreign, type KernelManifest } from './manifest.js';
import { takeData } from './module-parts.js';
import type { Environment } from './reports.js';
import { InitialPages, type Piece } from './shared-pages.js';

/** Which kernel: by profile, name or path, by default the profile "sim"; or the bytes of one. */
export type KernelSource = KernelChoice | { readonly bytes: Uint8Array };

/** What an instance needs of its host. */
export interface CloneOptions {
  /** Names the instance in errors. */
  readonly name?: string;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly console?: Console;
  /** Told of each WARN of the kernel. */
  readonly onWarning?: (warning: KernelWarning) => void;
}

/** How an instance goes on from an image. */
export interface ImageOptions extends CloneOptions {
  /** False: it goes on with the randomness of the image, as what it was taken from did. */
  readonly reseed?: boolean;
}

/** How an instance boots. */
export interface BootOptions extends CloneOptions {
  /** The limit that the kernel's memory may grow to: "64 MiB" by default. */
  readonly memoryMax?: number | string;
  /** The kernel's command line. */
  readonly cmdline?: string;
  /** CLOCK_REALTIME minus the clock, in milliseconds since 1970: 2025-01-01 by default. */
  readonly realtimeOffsetMs?: number;
}

const memoryMaxDefault = '64 MiB';
/** What Linux takes before it can ask for more, beside its image: … */
const memoryToBootBytes = 2 * 2 ** 20;
/** … and a share of its limit, for the descriptions of all pages and the tables that grow with them. */
const memoryToBootShare = 1 / 100;
const memoryMaxLimitBytes = 2 ** 32 - wasmPageBytes;
const realtimeOffsetMsDefault = Date.UTC(2025, 0, 1);

/** By file, its time and its size; and those that are on their way. */
const loaded = new Map<string, Kernel>();
const loading = new Map<string, Promise<Kernel>>();

/** A kernel in WebAssembly: loaded and compiled once, then booted or cloned into as many instances as are wanted. */
export class Kernel {
  readonly manifest: KernelManifest;
  /** Where its data is, with and without a value. */
  readonly memoryImageBytes: number;
  /** The file that it was loaded from, and what tells this content of it from others; undefined: from bytes. */
  readonly file: { readonly path: string; readonly key: string } | undefined;
  readonly #module: WebAssembly.Module;
  readonly #data: InitialPages;
  readonly #images = new WeakMap<KernelImage, InitialPages>();
  readonly #where: string;

  /** @internal */
  private constructor(
    module: WebAssembly.Module,
    data: readonly Piece[],
    where: string,
    fileKey: string | undefined,
  ) {
    this.#module = module;
    this.#data = new InitialPages(() => data);
    this.#where = where;
    this.file = fileKey === undefined ? undefined : { path: where, key: fileKey };
    this.manifest = checkedManifest(module, where);
    this.memoryImageBytes = this.manifest.memoryInitialPages * wasmPageBytes;
  }

  /** Loads a kernel; a file that has not changed is read and compiled once in a process. */
  static async load(source: KernelSource = {}): Promise<Kernel> {
    if ('bytes' in source) return Kernel.#compile(source.bytes.slice(), 'the given kernel');
    const path = locateKernel(source).wasmPath;
    const key = fileKey(path, await stat(path));
    const ready = loaded.get(key);
    if (ready) return ready;
    let kernel = loading.get(key);
    if (!kernel) {
      kernel = readKernel(path)
        .then((bytes) => Kernel.#compile(bytes, path, key))
        .then((compiled) => keep(key, compiled))
        .finally(() => loading.delete(key));
      loading.set(key, kernel);
    }
    return kernel;
  }

  /** As `load`, before it returns. */
  static loadSync(source: KernelSource = {}): Kernel {
    if ('bytes' in source) return Kernel.#compileSync(source.bytes.slice(), 'the given kernel');
    const path = locateKernel(source).wasmPath;
    const key = fileKey(path, statSync(path));
    return loaded.get(key) ?? keep(key, Kernel.#compileSync(readKernelSync(path), path, key));
  }

  /** Changes `bytes`. */
  static async #compile(bytes: Uint8Array, where: string, key?: string): Promise<Kernel> {
    const data = takeData(bytes);
    let module: WebAssembly.Module;
    try {
      module = await WebAssembly.compile(bytes as Uint8Array<ArrayBuffer>);
    } catch (cause) {
      throw notWasm(where, cause);
    }
    return new Kernel(module, data, where, key);
  }

  /** Changes `bytes`. */
  static #compileSync(bytes: Uint8Array, where: string, key?: string): Kernel {
    const data = takeData(bytes);
    let module: WebAssembly.Module;
    try {
      module = new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>);
    } catch (cause) {
      throw notWasm(where, cause);
    }
    return new Kernel(module, data, where, key);
  }

  /** What it boots in with that limit: more is asked for as it is needed. */
  memoryToBootBytes(memoryMaxBytes: number): number {
    const bytes = this.memoryImageBytes + memoryToBootBytes + memoryMaxBytes * memoryToBootShare;
    return Math.ceil(bytes / wasmPageBytes) * wasmPageBytes;
  }

  /** A new instance with Linux booted in it. */
  boot(options: BootOptions): KernelInstance {
    const memoryMaxBytes = this.#memoryMaxBytes(options.memoryMax ?? memoryMaxDefault);
    const memoryBytes = this.memoryToBootBytes(memoryMaxBytes);
    const instance = this.#instantiate(memoryBytes, memoryMaxBytes, options);
    this.#data.fill(instance.memory);
    if (instance.abiVersion !== ABI_VERSION) {
      throw foreign(
        this.#where,
        `its image has host interface ${instance.abiVersion}, its manifest ${ABI_VERSION}`,
      );
    }
    instance.boot({
      cmdline: options.cmdline ?? '',
      realtimeOffsetMs: options.realtimeOffsetMs ?? realtimeOffsetMsDefault,
    });
    this.#data.learn(instance.memory, memoryBytes);
    return instance;
  }

  /** A new instance that goes on where the image was taken, with randomness of its own unless told otherwise. */
  clone(image: KernelImage, options: ImageOptions): KernelInstance {
    const instance = this.#instantiate(image.memoryBytes, image.memoryMaxBytes, options);
    instance.startFrom(image, this.#pagesOf(image));
    if (options.reseed !== false) instance.reseed();
    return instance;
  }

  #pagesOf(image: KernelImage): InitialPages {
    let pages = this.#images.get(image);
    if (!pages) this.#images.set(image, (pages = new InitialPages(() => piecesOf(image))));
    return pages;
  }

  #instantiate(memoryBytes: number, memoryMaxBytes: number, options: CloneOptions): KernelInstance {
    const environment: Environment = {
      name: options.name ?? 'host',
      clock: options.clock,
      entropy: options.entropy,
      console: options.console ?? (() => undefined),
      onWarning: options.onWarning ?? (() => undefined),
    };
    const source = { module: this.#module, memoryBytes, memoryMaxBytes };
    return new KernelInstance(source, environment);
  }

  #memoryMaxBytes(memoryMax: number | string): number {
    const wanted = parseSizeBytes(memoryMax, 'memoryMax');
    const bytes = wanted - (wanted % wasmPageBytes);
    const leastBytes = this.memoryToBootBytes(bytes);
    if (bytes < leastBytes || bytes > memoryMaxLimitBytes) {
      throw new LibosError(
        'ERR_LIBOS_MEMORY',
        `memoryMax: ${wanted} bytes, but ${this.#where} needs from ${leastBytes} to ${memoryMaxLimitBytes}`,
        { hint: `${memoryMaxDefault} is the default` },
      );
    }
    return bytes;
  }
}

function fileKey(path: string, { mtimeMs, size }: { mtimeMs: number; size: number }): string {
  return `${path}\0${mtimeMs}\0${size}`;
}

/** The first one that was loaded, so that all hosts of a file share it. */
function keep(key: string, kernel: Kernel): Kernel {
  const first = loaded.get(key) ?? kernel;
  loaded.set(key, first);
  return first;
}

function notWasm(where: string, cause: unknown): LibosError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return foreign(where, `it is truncated or no wasm file (${why})`, cause);
}
