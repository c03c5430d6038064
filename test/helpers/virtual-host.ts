// SPDX-License-Identifier: GPL-2.0-only
/**
 * A booted host in virtual time for tests of the POSIX layer: time moves only when nothing else can run, so a
 * test that waits for what never comes ends with an error instead of a timeout.
 */
import {
  Kernel,
  type BootOptions,
  type KernelChoice,
  type HostedKernel,
  type KernelInstance,
  type KernelWarning,
} from '../../src/kernel/index.js';
import { NativeKernel, type NativeInstance } from '../../src/native/index.js';
import { ilp32, lp64, PosixHost, type HostTime, type Timer } from '../../src/posix/index.js';

interface Event {
  readonly timeNs: number;
  readonly order: number;
  readonly run: () => void;
}

export class VirtualTime implements HostTime {
  /** Linux takes a time of 0 for none: the clock starts at a second. */
  now = 1e9;
  readonly #events = new Set<Event>();
  #deferred: (() => void)[] = [];
  #order = 0;

  nowNs(): number {
    return this.now;
  }

  at(timeNs: number, run: () => void): Timer {
    const event = { timeNs, order: this.#order++, run };
    this.#events.add(event);
    return { cancel: () => void this.#events.delete(event) };
  }

  defer(callback: () => void): void {
    this.#deferred.push(callback);
  }

  get pendingTimers(): number {
    return this.#events.size;
  }

  /** Runs what is deferred; whether there was anything. */
  runDeferred(): boolean {
    const deferred = this.#deferred;
    this.#deferred = [];
    for (const callback of deferred) callback();
    return deferred.length > 0;
  }

  next(): Event | undefined {
    let first: Event | undefined;
    for (const event of this.#events) {
      const earlier =
        first === undefined ||
        event.timeNs < first.timeNs ||
        (event.timeNs === first.timeNs && event.order < first.order);
      if (earlier) first = event;
    }
    return first;
  }

  take(event: Event): void {
    this.#events.delete(event);
    this.now = Math.max(this.now, event.timeNs);
    event.run();
  }
}

export interface VirtualHost<K extends HostedKernel = HostedKernel> {
  readonly host: PosixHost;
  readonly kernel: K;
  readonly time: VirtualTime;
  /** The promise’s value, with time moved as far as it takes. */
  until<T>(promise: Promise<T>): Promise<T>;
  /** Lets `durationNs` pass. */
  pass(durationNs: number): Promise<void>;
  [Symbol.dispose](): void;
}

const kernelPath = process.env['LIBOS_TEST_KERNEL'];

export function loadKernel(): Promise<Kernel> {
  return Kernel.load(kernelPath === undefined ? {} : { path: kernelPath });
}

/** The kernel of the form that the suite runs on. */
export async function loadKernelOfForm(): Promise<Kernel | NativeKernel> {
  return onNativeForm ? loadNativeKernel() : loadKernel();
}

/** Whether the suite runs on the native form: the project "native-form" of the tests sets it. */
export const onNativeForm = process.env['LIBOS_FORM'] === 'native';

/**
 * Boots a host with nothing but its loopback interface, up; in the form that the suite runs on.
 *
 * @param choice another kernel than the tests'
 */
export async function virtualHost(seed = 1, choice?: KernelChoice): Promise<VirtualHost> {
  if (onNativeForm) return virtualNativeHost(seed, {}, choice && NativeKernel.load(choice));
  return virtualWasmHost(seed, choice && Kernel.load(choice));
}

/** The same in WebAssembly, whatever the suite runs on. */
export async function virtualWasmHost(
  seed = 1,
  loaded = loadKernel(),
  options: Partial<BootOptions> = {},
): Promise<VirtualHost<KernelInstance>> {
  const kernel = await loaded;
  const time = new VirtualTime();
  return around(kernel.boot({ ...bootOptions(seed, time), ...options }), time);
}

/** The same with the native form. */
export function virtualNativeHost(
  seed = 1,
  options: Partial<BootOptions> = {},
  kernel = loadNativeKernel(),
): VirtualHost<NativeInstance> {
  const time = new VirtualTime();
  const instance = kernel.boot({ ...bootOptions(seed, time), ...options });
  const host = around(instance, time, lp64);
  return {
    ...host,
    [Symbol.dispose]() {
      host[Symbol.dispose]();
      instance.close();
    },
  };
}

/** Of profile `sim`; `$LIBOS_TEST_NATIVE` is another kernel.o. */
export function loadNativeKernel(): NativeKernel {
  const path = process.env['LIBOS_TEST_NATIVE'];
  return NativeKernel.load(path === undefined ? { profile: 'sim' } : { path });
}

function bootOptions(seed: number, time: VirtualTime) {
  return {
    name: 'test',
    clock: {
      get nowNs() {
        return time.now;
      },
    },
    entropy: counting(seed),
    onWarning: ({ message, stack }: KernelWarning) => {
      throw new Error(`the kernel warns: ${message}\n${stack}`);
    },
  };
}

function around<K extends HostedKernel>(
  instance: K,
  time: VirtualTime,
  model = ilp32,
): VirtualHost<K> {
  const host = new PosixHost(instance, time, model);
  host.route.links.change('lo', { up: true });
  return {
    host,
    kernel: instance,
    time,
    until: (promise) => until(promise, instance, time),
    pass: async (durationNs) => {
      const end = time.now + durationNs;
      await until(new Promise<void>((resolve) => time.at(end, resolve)), instance, time);
    },
    [Symbol.dispose]: () => host.close(),
  };
}

/** Bytes that differ and repeat from run to run. */
function counting(seed: number) {
  let state = seed >>> 0 || 1;
  return {
    fill(bytes: Uint8Array): void {
      for (let i = 0; i < bytes.length; i++) {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        bytes[i] = state >>> 24;
      }
    },
  };
}

/** Linux’s own housekeeping never ends: after a day of it nothing else will come. */
const patienceNs = 24 * 3600e9;

const microtasks = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function until<T>(promise: Promise<T>, kernel: HostedKernel, time: VirtualTime): Promise<T> {
  const state = { settled: false };
  const giveUpNs = time.now + patienceNs;
  const done = (): void => void (state.settled = true);
  promise.then(done, done);
  while (true) {
    do await microtasks();
    while (time.runDeferred());
    if (state.settled) return promise;
    const event = time.next();
    if ((event?.timeNs ?? Infinity) <= kernel.timerNs && event !== undefined) {
      time.take(event);
    } else if (kernel.timerNs <= giveUpNs) {
      time.now = Math.max(time.now, kernel.timerNs);
      kernel.timer();
    } else {
      throw new Error('the promise can never settle: nothing is left that could happen');
    }
  }
}
