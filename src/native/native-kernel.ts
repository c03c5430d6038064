// SPDX-License-Identifier: GPL-2.0-only

/**
 * Native kernels: the same Linux in the machine's own code, for programs whose C structures it shares. Found like
 * those in WebAssembly and booted with the same options; each instance has a copy of the code's data and a region of
 * memory of its own. Only on x86-64 Linux.
 */
import process from 'node:process';
import { LibosError } from '../errors.js';
import { cmdlineBytes, LibShared, type BootOptions, type KernelChoice } from '../kernel/index.js';
import { lp64 } from '../posix/index.js';
import { parseSizeBytes } from '../units.js';
import type { BuildOptions } from '../addon/build.js';
import { kernelLibrary, locateNativeKernel } from './kernel-library.js';
import { NativeInstance } from './native-instance.js';

/** Programs on real time open more than simulated hosts do, and pages that are not touched cost nothing. */
const memoryMaxDefault = '256 MiB';
const pageBytes = 4096;
const memoryLeastBytes = 8 * 2 ** 20;
/** Linux describes all pages at boot, in the memory that it begins with. */
const memoryMostBytes = 512 * 2 ** 20;
const realtimeOffsetMsDefault = Date.UTC(2025, 0, 1);

/** How a native kernel is loaded. */
export interface NativeLoadOptions extends BuildOptions {
  /** Whether a debugger finds the lines of its source and the types of its variables in it: by default its names alone. */
  readonly debug?: boolean;
}

/** Simulations take one as the kernel of their hosts: `new Simulation({ kernel: NativeKernel.load() })`. */
export class NativeKernel {
  /** The shared object. */
  readonly path: string;
  readonly model = lp64;

  private constructor(path: string) {
    this.path = path;
  }

  /** Finds a kernel, by default of profile "full", and links it into a shared object the first time. */
  static load(choice: KernelChoice = {}, options: NativeLoadOptions = {}): NativeKernel {
    if (process.platform !== 'linux' || process.arch !== 'x64') {
      throw new LibosError(
        'ERR_LIBOS_NATIVE_PLATFORM',
        `native kernels run on x86-64 Linux, not on ${process.platform} ${process.arch}`,
        { hint: 'the form for every machine is WebAssembly: Kernel.load()' },
      );
    }
    return new NativeKernel(kernelLibrary(locateNativeKernel(choice), options));
  }

  /** A new instance with Linux booted in it. With a MonotonicClock it reads the machine's clocks itself. */
  boot(options: BootOptions): NativeInstance {
    const name = options.name ?? 'host';
    const cmdline = options.cmdline ?? '';
    cmdlineBytes(name, cmdline, LibShared.sizeBytes - LibShared.cmdline - 1);
    const instance = this.#create(name, options);
    try {
      instance.boot({
        cmdline,
        realtimeOffsetMs: options.realtimeOffsetMs ?? realtimeOffsetMsDefault,
      });
    } catch (error) {
      instance.close();
      throw error;
    }
    return instance;
  }

  #create(name: string, options: BootOptions): NativeInstance {
    const memoryMaxBytes = checkedMemory(options.memoryMax ?? memoryMaxDefault);
    try {
      return new NativeInstance(
        { path: this.path, memoryMaxBytes },
        {
          name,
          clock: options.clock,
          entropy: options.entropy,
          console: options.console ?? (() => undefined),
          onWarning: options.onWarning ?? (() => undefined),
        },
      );
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new LibosError('ERR_LIBOS_NATIVE_KERNEL', `${name}: cannot load ${this.path}: ${why}`, {
        hint: 'close hosts that are not needed, or give each less memory (memoryMax)',
        cause,
      });
    }
  }
}

function checkedMemory(memoryMax: number | string): number {
  const wanted = parseSizeBytes(memoryMax, 'memoryMax');
  const bytes = wanted - (wanted % pageBytes);
  if (bytes >= memoryLeastBytes && bytes <= memoryMostBytes) return bytes;
  throw new LibosError(
    'ERR_LIBOS_MEMORY',
    `memoryMax: ${wanted} bytes, but a native kernel needs from ${memoryLeastBytes} to ${memoryMostBytes}`,
    { hint: `${memoryMaxDefault} is the default` },
  );
}
