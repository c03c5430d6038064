// SPDX-License-Identifier: GPL-2.0-only

/**
 * One running native kernel: the same calls and ears as one in WebAssembly, through the addon. A call crosses to C
 * once; what the kernel sent, woke, signalled and said on the way is handed out when it has returned, in the order
 * in which it happened.
 */
import {
  formatFrame,
  KernelMemory,
  KernelReports,
  nested,
  outOfMemory,
  reasonOf,
  type Clock,
  type ConsoleRecord,
  type Environment,
  type HostedKernel,
  type KernelFrame,
  type KernelPanic,
} from '../kernel/index.js';
import { addon } from '../addon/addon.js';
import {
  causeTrapped,
  eventKind,
  eventWords,
  operation,
  place,
  queuedTxDone,
  queueMax,
  scratchBytes,
  type KernelHandle,
  type NativeKernelParts,
} from '../addon/binding/kernel.js';
import { MonotonicClock } from './real-clock.js';
import { symbolsOf } from './symbols.js';

export interface NativeSource {
  /** The shared object. */
  readonly path: string;
  readonly memoryMaxBytes: number;
}

const decoder = new TextDecoder();
/** Functions of native/kernel/copy.c, which stand on every stack that it takes. */
const ownFunctions = new Set(['kernel_stack', 'end', 'trapped', 'host_die', 'host_warn']);

/** A kernel's region. Who still writes arguments there when it is gone learns of that from the call, as while it is dead. */
class RegionOwner {
  readonly #bytes: number;
  #buffer: ArrayBuffer | undefined;

  constructor(buffer: ArrayBuffer) {
    this.#buffer = buffer;
    this.#bytes = buffer.byteLength;
  }

  get buffer(): ArrayBuffer {
    this.#buffer ??= new ArrayBuffer(this.#bytes);
    return this.#buffer;
  }

  giveBack(): void {
    this.#buffer = undefined;
  }
}

/** One running native kernel: the same calls as one in WebAssembly. */
export class NativeInstance implements HostedKernel {
  readonly name: string;
  readonly memory: KernelMemory;
  readonly memoryMaxBytes: number;
  queued = false;
  readonly #path: string;
  readonly #clock: Clock;
  readonly #clockIsReal: boolean;
  readonly #reports: KernelReports;
  readonly #block = new Float64Array(place.count);
  readonly #queue = new Uint32Array(queueMax);
  readonly #scratch = new Uint8Array(scratchBytes);
  readonly #parts: NativeKernelParts;
  readonly #memoryOwner: RegionOwner;
  /** The addon does not keep it. */
  readonly #fill: (lengthBytes: number) => number;
  readonly #call: () => void;
  readonly #events: Uint32Array;
  readonly #text: Uint8Array;
  #inside = false;
  #booted = false;
  #closed = false;
  #death: KernelPanic | undefined;
  #timerNs = Infinity;
  #onTimer: (timerNs: number) => void = () => undefined;
  #onDeath: (death: KernelPanic) => void = () => undefined;
  #onTransmit: (nic: number, frame: number) => void = () => undefined;
  #onWake: (cookie: number, events: number) => void = () => undefined;
  #onSignal: (task: number) => void = () => undefined;

  /** Called by NativeKernel. Throws what the addon throws. @internal */
  constructor(source: NativeSource, environment: Environment) {
    this.name = environment.name;
    this.memoryMaxBytes = source.memoryMaxBytes;
    this.#path = source.path;
    this.#clock = environment.clock;
    this.#clockIsReal = environment.clock instanceof MonotonicClock;
    this.#reports = new KernelReports(environment);
    const { entropy } = environment;
    this.#fill = (lengthBytes) => {
      const before = this.#reports.thrown;
      this.#reports.callBack(() => entropy.fill(this.#scratch.subarray(0, lengthBytes)));
      return this.#reports.thrown === before ? 0 : 1;
    };
    this.#parts = addon().kernelCreate(
      source.path,
      source.memoryMaxBytes,
      this.#block,
      this.#queue,
      this.#scratch,
      this.#fill,
      environment.clock instanceof MonotonicClock ? environment.clock.epochNs : NaN,
    );
    this.#memoryOwner = new RegionOwner(this.#parts.memory);
    this.#call = this.#parts.call;
    this.#events = new Uint32Array(this.#parts.events);
    this.#text = new Uint8Array(this.#parts.text);
    this.memory = new KernelMemory(this.#memoryOwner, this.#parts.base);
  }

  /** For functions of the addon that take a kernel. */
  get handle(): KernelHandle {
    return this.#parts.handle;
  }

  get booted(): boolean {
    return this.#booted;
  }

  get timerNs(): number {
    return this.#timerNs;
  }

  get death(): KernelPanic | undefined {
    return this.#death;
  }

  get nowNs(): number {
    return this.#clock.nowNs;
  }

  get consoleTail(): readonly ConsoleRecord[] {
    return this.#reports.tail;
  }

  set onTimer(handler: (timerNs: number) => void) {
    this.#onTimer = handler;
  }

  set onDeath(handler: (death: KernelPanic) => void) {
    this.#onDeath = handler;
  }

  set onTransmit(handler: (nic: number, frame: number) => void) {
    this.#onTransmit = handler;
  }

  set onWake(handler: (cookie: number, events: number) => void) {
    this.#onWake = handler;
  }

  set onSignal(handler: (task: number) => void) {
    this.#onSignal = handler;
  }

  /** Boots Linux. Context: called once, by NativeKernel. */
  boot(options: { readonly cmdline: string; readonly realtimeOffsetMs: number }): void {
    addon().kernelPrepare(this.handle, options.cmdline, options.realtimeOffsetMs);
    this.#do(operation.boot);
    const error = this.#block[place.result]!;
    if (error !== 0) throw this.#reports.bootFailed(error);
    this.#booted = true;
  }

  timer(): void {
    this.#do(operation.timer);
  }

  run(): void {
    this.#do(operation.run);
  }

  syscall(task: number, number: number, a = 0, b = 0, c = 0, d = 0, e = 0, f = 0): number {
    const block = this.#block;
    const at = place.arguments;
    block[at] = task;
    block[at + 1] = number;
    block[at + 2] = a;
    block[at + 3] = b;
    block[at + 4] = c;
    block[at + 5] = d;
    block[at + 6] = e;
    block[at + 7] = f;
    this.#do(operation.syscall);
    return block[place.result]!;
  }

  alloc(sizeBytes: number): number {
    const address = this.#ask(operation.alloc, sizeBytes);
    if (address === 0) throw outOfMemory(this, `a buffer of ${sizeBytes} bytes`);
    return address;
  }

  free(address: number): void {
    this.#ask(operation.free, address);
  }

  processCreate(parent: number, flags: number): number {
    return this.#ask(operation.processCreate, parent, flags);
  }

  processExit(task: number, status: number): void {
    this.#ask(operation.processExit, task, status);
  }

  signalTake(task: number): number {
    return this.#ask(operation.signalTake, task);
  }

  watch(task: number, fd: number, events: number, cookie: number): number {
    return this.#ask(operation.watch, task, fd, events, cookie);
  }

  unwatch(cookie: number): number {
    return this.#ask(operation.unwatch, cookie);
  }

  nicCreate(config: number): number {
    return this.#ask(operation.nicCreate, config);
  }

  nicDestroy(nic: number): number {
    return this.#ask(operation.nicDestroy, nic);
  }

  nicCarrier(nic: number, up: boolean): number {
    return this.#ask(operation.nicCarrier, nic, up ? 1 : 0);
  }

  rxAlloc(nic: number, lengthBytes: number): number {
    return this.#ask(operation.rxAlloc, nic, lengthBytes);
  }

  /** It reaches the kernel with the next call. */
  rx(frame: number): void {
    this.#enqueue(frame);
  }

  /** It reaches the kernel with the next call, so there must be one. */
  txDone(frame: number): boolean {
    this.#enqueue(frame + queuedTxDone);
    return true;
  }

  reseed(): void {
    this.#do(operation.reseed);
  }

  kill(kernelMessage: string): KernelPanic {
    if (this.#inside) throw nested(this.name);
    this.#death ??= this.#reports.panic('crash', kernelMessage);
    this.#timerNs = Infinity;
    this.#onTimer(Infinity);
    return this.#death;
  }

  /** Ends it, if it lives, and gives its memory back to the machine. */
  close(): void {
    if (this.#closed) return;
    if (!this.#death) this.kill('it was closed');
    this.#closed = true;
    addon().kernelClose(this.handle);
    this.#memoryOwner.giveBack();
  }

  /** `close`. */
  [Symbol.dispose](): void {
    this.close();
  }

  #ask(what: number, a = 0, b = 0, c = 0, d = 0): number {
    const block = this.#block;
    const at = place.arguments;
    block[at] = a;
    block[at + 1] = b;
    block[at + 2] = c;
    block[at + 3] = d;
    this.#do(what);
    return block[place.result]!;
  }

  #do(what: number): void {
    if (this.#death !== undefined || this.#inside) this.#refuse();
    const block = this.#block;
    block[place.operation] = what;
    if (!this.#clockIsReal) block[place.nowNs] = this.#clock.nowNs;
    this.#inside = true;
    this.#call();
    const count = block[place.events]!;
    if (count !== 0) this.#handOut(count);
    this.#inside = false;
    if (block[place.death] !== 0) throw this.#died();
    const timerNs = block[place.timerNs]!;
    if (timerNs !== this.#timerNs) {
      this.#timerNs = timerNs;
      this.#onTimer(timerNs);
    }
    if (this.#reports.thrown) this.#reports.throwAgain();
  }

  #enqueue(word: number): void {
    if (this.#death !== undefined || this.#inside) this.#refuse();
    const block = this.#block;
    if (block[place.queued] === queueMax) this.#do(operation.nothing);
    this.#queue[block[place.queued]!++] = word;
  }

  #refuse(): void {
    if (this.#death) throw this.#death;
    if (this.#inside) throw nested(this.name);
  }

  /** Handlers record and throw nothing. */
  #handOut(count: number): void {
    const events = this.#events;
    for (let i = 0; i < count; i++) {
      const at = i * eventWords;
      const a = events[at + 1]!;
      const b = events[at + 2]!;
      switch (events[at]) {
        case eventKind.transmit:
          this.#onTransmit(a, b);
          break;
        case eventKind.wake:
          this.#onWake(a, b);
          break;
        case eventKind.signal:
          this.#onSignal(a);
          break;
        case eventKind.log:
          this.#reports.logged(a, this.#textAt(b, events[at + 3]!));
          break;
        case eventKind.warn:
          this.#reports.warned(this.#textAt(b, events[at + 3]!), this.#stackAfter(i, count));
          break;
        default: // A frame of a warning's stack.
      }
    }
  }

  #textAt(offset: number, lengthBytes: number): string {
    return decoder.decode(this.#text.subarray(offset, offset + lengthBytes));
  }

  /** The stack that follows a warning, a line each. */
  #stackAfter(index: number, count: number): string {
    const offsets: number[] = [];
    for (let i = index + 1; i < count; i++) {
      if (this.#events[i * eventWords] !== eventKind.frame) break;
      offsets.push(this.#events[i * eventWords + 1]!);
    }
    return this.#frames(offsets).map(formatFrame).join('\n');
  }

  #frames(returnAddresses: readonly number[]): KernelFrame[] {
    const symbols = symbolsOf(this.#path);
    const frames = returnAddresses.map((offset) => ({
      // A call may be the last instruction of its function, so its return address is the next one's.
      function: symbols.nameAt(offset - 1) ?? `0x${offset.toString(16)}`,
      offset,
      file: 'kernel.so',
    }));
    const own = frames.findIndex((frame) => !ownFunctions.has(frame.function));
    return own < 0 ? [] : frames.slice(own);
  }

  #died(): KernelPanic {
    const { message, frames } = addon().kernelDeath(this.handle);
    const cause = this.#block[place.death]! - 1;
    const reason = cause === causeTrapped ? 'trap' : reasonOf(cause);
    this.#death = this.#reports.panic(reason, message, { kernelStack: this.#frames(frames) });
    this.#timerNs = Infinity;
    this.#onTimer(Infinity);
    this.#onDeath(this.#death);
    return this.#death;
  }
}
