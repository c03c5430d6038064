// SPDX-License-Identifier: GPL-2.0-only

/**
 * One running kernel: calls into it, its timer, its death, its image. A call runs to its end and is never nested
 * in another of the same kernel. What the kernel sends, wakes and signals on the way goes to handlers that record
 * it; they must neither throw nor call the kernel.
 */
import { LibosError } from '../errors.js';
import { LibShared } from './abi.generated.js';
import type { Clock, ConsoleRecord, Entropy } from './environment.js';
import type { HostedKernel } from './hosted-kernel.js';
import {
  capturePages,
  nonZeroPages,
  imagePageBytes,
  restorePages,
  restoreSinglePages,
  wasmPageBytes,
  type KernelImage,
} from './image.js';
import { kernelImports, type KernelReceiver, type ModuleExports } from './imports.js';
import { KernelMemory } from './memory.js';
import { formatFrame, kernelFrames, KernelPanic, reasonOf, trapMessage } from './panic.js';
import { cmdlineBytes, KernelReports, nested, outOfMemory, type Environment } from './reports.js';
import type { InitialPages } from './shared-pages.js';

/** What an instance is made of. */
export interface InstanceSource {
  readonly module: WebAssembly.Module;
  readonly memoryBytes: number;
  readonly memoryMaxBytes: number;
}

/** Told of a frame that the kernel sends: the NIC and the address of the frame in its memory. */
export type NicHandler = (nic: number, frame: number) => void;
/** Told of a file that has become ready: the cookie of its watch, and EPOLL* events. */
export type WakeHandler = (cookie: number, events: number) => void;
/** Told of a task that a signal waits for. */
export type SignalHandler = (task: number) => void;
/** Told of the time, by the clock of the instance, at which the kernel wants `timer()` to be called. */
export type TimerHandler = (timerNs: number) => void;
/** Told once, of what the kernel died of. */
export type DeathHandler = (death: KernelPanic) => void;

/** Frames of a kernel stack that are worth keeping. */
const stackFramesMax = 100;
const twoTo32 = 2 ** 32;

/**
 * One running kernel in WebAssembly. A call into it runs to its end and is never nested in another of the same
 * kernel.
 */
export class KernelInstance implements HostedKernel {
  readonly name: string;
  readonly memory: KernelMemory;
  readonly memoryMaxBytes: number;
  /** For who drives it: it is among those that are going to be run. */
  queued = false;
  readonly #clock: Clock;
  readonly #wasmMemory: WebAssembly.Memory;
  readonly #reports: KernelReports;
  readonly #receiver: KernelReceiver;
  readonly #exports: ModuleExports;
  readonly #shared: number;
  #inside = false;
  #outerStackTraceLimit = 0;
  /** The time that the kernel has been told last. */
  #toldNs = -1;
  #death: KernelPanic | undefined;
  #timerNs = Infinity;
  #onTimer: TimerHandler = () => undefined;
  #onDeath: DeathHandler = () => undefined;

  /** Called by Kernel, which knows what the memory must hold. @internal */
  constructor(source: InstanceSource, environment: Environment) {
    this.name = environment.name;
    this.#clock = environment.clock;
    this.#reports = new KernelReports(environment);
    this.memoryMaxBytes = source.memoryMaxBytes;
    const memory = allocate(source, this.name);
    this.#wasmMemory = memory;
    this.memory = new KernelMemory(memory);
    this.#receiver = this.#createReceiver(environment.entropy);
    const libos = kernelImports(this.memory, this.#receiver, () => this.#exports);
    const instance = new WebAssembly.Instance(source.module, {
      libos: libos as unknown as WebAssembly.ModuleImports,
      env: { memory },
    });
    // A plain object: loads from the engine's own exports object are slower.
    this.#exports = { ...(instance.exports as unknown as ModuleExports) };
    this.#shared = this.#exports.lib_shared() >>> 0;
  }

  /** The interface version that the kernel's image holds. */
  get abiVersion(): number {
    return this.memory.u32[(this.#shared + LibShared.abiVersion) >>> 2]!;
  }

  get booted(): boolean {
    return this.memory.u32[(this.#shared + LibShared.booted) >>> 2] === 1;
  }

  /** When `timer` must be called next; Infinity: never. */
  get timerNs(): number {
    return this.#timerNs;
  }

  /** What ended this kernel, undefined while it lives. */
  get death(): KernelPanic | undefined {
    return this.#death;
  }

  get nowNs(): number {
    return this.#clock.nowNs;
  }

  /** The last records of the log. */
  get consoleTail(): readonly ConsoleRecord[] {
    return this.#reports.tail;
  }

  /** Who is told when `timerNs` changes, after the call that changed it. */
  set onTimer(handler: TimerHandler) {
    this.#onTimer = handler;
  }

  /** Who is told when the kernel has died in a call, before the call throws. */
  set onDeath(handler: DeathHandler) {
    this.#onDeath = handler;
  }

  /** Who records a frame that a NIC sends; it may read the memory. */
  set onTransmit(handler: NicHandler) {
    this.#receiver.transmit = handler;
  }

  set onWake(handler: WakeHandler) {
    this.#receiver.wake = handler;
  }

  set onSignal(handler: SignalHandler) {
    this.#receiver.signal = handler;
  }

  /** Boots Linux. Context: called once, by Kernel. */
  boot(options: { cmdline: string; realtimeOffsetMs: number }): void {
    const { memory } = this;
    const at = this.#shared;
    memory.writeU64(at + LibShared.memoryMaxBytes, this.memoryMaxBytes);
    const offsetNs = BigInt(options.realtimeOffsetMs) * 1_000_000n;
    memory.view.setBigUint64(at + LibShared.realtimeOffsetNs, offsetNs, true);
    const cmdlineMax = LibShared.sizeBytes - LibShared.cmdline - 1;
    const cmdline = cmdlineBytes(this.name, options.cmdline, cmdlineMax);
    memory.bytes.set(cmdline, at + LibShared.cmdline);
    const error = this.#call(() => this.#exports.lib_boot());
    if (error !== 0) throw this.#reports.bootFailed(error);
  }

  /** The timer interrupt. */
  timer(): void {
    this.#enter();
    try {
      this.#exports.lib_timer();
    } catch (thrown) {
      throw this.#died(thrown);
    }
    this.#leave();
  }

  /** Runs what `rx` and `txDone` have queued. */
  run(): void {
    this.#enter();
    try {
      this.#exports.lib_run();
    } catch (thrown) {
      throw this.#died(thrown);
    }
    this.#leave();
  }

  /** A system call of a process: the result or -errno; -512: it waits. */
  syscall(task: number, number: number, a = 0, b = 0, c = 0, d = 0, e = 0, f = 0): number {
    this.#enter();
    let result: number;
    try {
      result = this.#exports.lib_syscall(task, number, a, b, c, d, e, f);
    } catch (thrown) {
      throw this.#died(thrown);
    }
    this.#leave();
    return result;
  }

  /** Zeroed memory for arguments of system calls. */
  alloc(sizeBytes: number): number {
    const address = this.#call(() => this.#exports.lib_alloc(sizeBytes)) >>> 0;
    if (address === 0) throw outOfMemory(this, `a buffer of ${sizeBytes} bytes`);
    return address;
  }

  /** Gives back memory of `alloc`. */
  free(address: number): void {
    this.#call(() => this.#exports.lib_free(address));
  }

  /** The task of a new child of `parent` (0: of init), or -errno. */
  processCreate(parent: number, flags: number): number {
    const task = this.#call(() => this.#exports.lib_process_create(parent, flags));
    return task < 0 && task > -4096 ? task : task >>> 0;
  }

  /** Ends a task, with a status as wait(2) has it. */
  processExit(task: number, status: number): void {
    this.#call(() => this.#exports.lib_process_exit(task, status));
  }

  /** The number of the next pending signal, or 0. */
  signalTake(task: number): number {
    return this.#call(() => this.#exports.lib_signal_take(task));
  }

  /** The events that are ready now, or -errno. */
  watch(task: number, fd: number, events: number, cookie: number): number {
    return this.#call(() => this.#exports.lib_watch(task, fd, events, cookie));
  }

  /** Ends a watch. */
  unwatch(cookie: number): number {
    return this.#call(() => this.#exports.lib_unwatch(cookie));
  }

  /** `config` is the address of a lib_nic_config: the NIC's number, or -errno. */
  nicCreate(config: number): number {
    return this.#call(() => this.#exports.lib_nic_create(config));
  }

  /** Takes a NIC away; 0 or a negative errno. */
  nicDestroy(nic: number): number {
    return this.#call(() => this.#exports.lib_nic_destroy(nic));
  }

  /** Whether a NIC has carrier; 0 or a negative errno. */
  nicCarrier(nic: number, up: boolean): number {
    return this.#call(() => this.#exports.lib_nic_carrier(nic, up ? 1 : 0));
  }

  /** The address of a lib_frame to fill, or 0. */
  rxAlloc(nic: number, lengthBytes: number): number {
    this.#enterBriefly();
    let frame: number;
    try {
      frame = this.#exports.lib_rx_alloc(nic, lengthBytes);
    } catch (thrown) {
      throw this.#died(thrown);
    }
    this.#leaveBriefly();
    return frame >>> 0;
  }

  /** Queues a filled frame: `run` makes the kernel take it. */
  rx(frame: number): void {
    this.#enterBriefly();
    try {
      this.#exports.lib_rx(frame);
    } catch (thrown) {
      throw this.#died(thrown);
    }
    this.#leaveBriefly();
  }

  /** Gives a sent frame back; whether that left something for `run` to do. */
  txDone(frame: number): boolean {
    this.#enterBriefly();
    try {
      this.#exports.lib_tx_done(frame);
    } catch (thrown) {
      throw this.#died(thrown);
    }
    this.#leaveBriefly();
    return this.memory.u32[(this.#shared + LibShared.runnable) >>> 2] !== 0;
  }

  /** Draws new randomness from `entropy`, so that clones differ. */
  reseed(entropy: Entropy = this.#receiver.entropy): void {
    this.#receiver.entropy = entropy;
    this.#call(() => this.#exports.lib_reseed());
  }

  /**
   * The state of this kernel. Frames in flight and programs are outside of it. Pages that are as in `base`, an
   * earlier image, are shared with it.
   */
  snapshot(base?: KernelImage): KernelImage {
    this.#refuse();
    return {
      memoryBytes: this.memory.sizeBytes,
      memoryMaxBytes: this.memoryMaxBytes,
      stackPointer: this.#exports.__stack_pointer.value,
      ...capturePages(this.memory, base),
    };
  }

  /** Makes this kernel what it was, or what another with the same limit of memory was. A dead one lives again. */
  restore(image: KernelImage): void {
    if (this.#inside) throw nested(this.name);
    if (image.memoryMaxBytes !== this.memoryMaxBytes) {
      throw new LibosError(
        'ERR_LIBOS_IMAGE',
        `${this.name}: the image has a memory limit of ${image.memoryMaxBytes} bytes, this kernel ${this.memoryMaxBytes}`,
        { hint: 'restore it into a clone of the kernel that it was taken from' },
      );
    }
    const missingBytes = image.memoryBytes - this.memory.sizeBytes;
    if (missingBytes > 0) this.#wasmMemory.grow(Math.ceil(missingBytes / wasmPageBytes));
    restorePages(this.memory, image, nonZeroPages(this.memory));
    this.#goOnFrom(image);
  }

  /**
   * Undoes what somebody wrote into the memory of a kernel that is as in an image: `ranges` are pairs of an address
   * and a length. Context: the kernel has not been called since.
   */
  undoWrites(image: KernelImage, ranges: readonly (readonly [number, number])[]): void {
    const pages = new Set<number>();
    for (const [address, lengthBytes] of ranges) {
      const last = Math.floor((address + lengthBytes - 1) / imagePageBytes);
      for (let page = Math.floor(address / imagePageBytes); page <= last; page++) pages.add(page);
    }
    restoreSinglePages(this.memory, image, pages);
  }

  /** Ends it from outside, as pulling the plug does: no call reaches it any more. */
  kill(kernelMessage: string): KernelPanic {
    if (this.#inside) throw nested(this.name);
    this.#death ??= this.#reports.panic('crash', kernelMessage);
    this.#timerNs = Infinity;
    this.#onTimer(Infinity);
    return this.#death;
  }

  /** Goes on from an image, in a memory as large and new. Context: called by Kernel. @internal */
  startFrom(image: KernelImage, pages: InitialPages): void {
    pages.fill(this.memory);
    this.#goOnFrom(image);
  }

  #goOnFrom(image: KernelImage): void {
    this.#exports.__stack_pointer.value = image.stackPointer;
    this.#toldNs = -1;
    this.#death = undefined;
    this.#reports.forget();
    this.#readTimer();
  }

  /** A call that is not on a hot path. */
  #call<T>(call: () => T): T {
    this.#enter();
    let result: T;
    try {
      result = call();
    } catch (thrown) {
      throw this.#died(thrown);
    }
    this.#leave();
    return result;
  }

  #refuse(): void {
    if (this.#death) throw this.#death;
    if (this.#inside) throw nested(this.name);
  }

  #enter(): void {
    this.#enterBriefly();
    const { nowNs } = this.#clock;
    if (nowNs === this.#toldNs) return;
    this.#toldNs = nowNs;
    const high = Math.floor(nowNs / twoTo32);
    const { u32 } = this.memory;
    const at = (this.#shared + LibShared.nowNs) >>> 2;
    u32[at] = nowNs - high * twoTo32;
    u32[at + 1] = high;
  }

  #leave(): void {
    this.#leaveBriefly();
    this.#readTimer();
    if (this.#reports.thrown) this.#reports.throwAgain();
  }

  /** For calls that only queue: no time passes in them and no timer changes. */
  #enterBriefly(): void {
    this.#refuse();
    this.#inside = true;
    this.#outerStackTraceLimit = Error.stackTraceLimit;
    Error.stackTraceLimit = stackFramesMax;
  }

  #leaveBriefly(): void {
    this.#inside = false;
    Error.stackTraceLimit = this.#outerStackTraceLimit;
  }

  #readTimer(): void {
    const timerNs = this.memory.readU64(this.#shared + LibShared.timerNs);
    if (timerNs === this.#timerNs) return;
    this.#timerNs = timerNs;
    this.#onTimer(timerNs);
  }

  /** Whatever comes out of the kernel ends it. */
  #died(thrown: unknown): KernelPanic {
    this.#leaveBriefly();
    this.#death =
      thrown instanceof KernelPanic
        ? thrown
        : this.#reports.panic('trap', trapMessage(thrown), { cause: thrown });
    this.#timerNs = Infinity;
    this.#onTimer(Infinity);
    this.#onDeath(this.#death);
    return this.#death;
  }

  #createReceiver(entropy: Entropy): KernelReceiver {
    return {
      entropy,
      transmit: () => undefined,
      wake: () => undefined,
      signal: () => undefined,
      logged: (level, text) => this.#reports.logged(level, text),
      warned: (message) => {
        const stack = kernelFrames(new Error().stack ?? '')
          .map(formatFrame)
          .join('\n');
        this.#reports.warned(message, stack);
      },
      died: (cause, message) => {
        throw this.#reports.panic(reasonOf(cause), message);
      },
    };
  }
}

function allocate(source: InstanceSource, name: string): WebAssembly.Memory {
  try {
    return new WebAssembly.Memory({
      initial: source.memoryBytes / wasmPageBytes,
      maximum: source.memoryMaxBytes / wasmPageBytes,
    });
  } catch (cause) {
    throw new LibosError(
      'ERR_LIBOS_NO_MEMORY',
      `${name}: this process cannot reserve a memory of up to ${source.memoryMaxBytes} bytes`,
      { hint: 'beyond 9,000 hosts: node --disable-wasm-trap-handler', cause },
    );
  }
}
