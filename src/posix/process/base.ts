// SPDX-License-Identifier: GPL-2.0-only
/**
 * The foot of a process: its task in the kernel, the way into it, and how results become errors. The call
 * families build on it. Arguments of the wrong JavaScript type are TypeErrors before the call; everything else is
 * Linux’s to judge.
 */
import { errno, SystemError, type SystemErrorDetails } from '../errno.js';
import type { KernelPort } from '../kernel-port.js';
import type { CallNumbers } from '../syscall-numbers.js';
import type { DataModel } from '../struct/data-model.js';
import type { StructType } from '../struct/layout.js';
import type { Arena } from './arena.js';
import { BlockingCalls, isWaiting } from './blocking.js';
import { HostBuffer } from './host-buffer.js';
import type { Waits, Watch } from './waits.js';

/** Data that a call takes. */
export type DataSource = ArrayBufferView | string | HostBuffer;
/** Where a call puts data. */
export type DataTarget = ArrayBufferView | HostBuffer;

/** What the processes of a host share. */
export interface HostContext {
  readonly port: KernelPort;
  readonly model: DataModel;
  readonly numbers: CallNumbers;
  readonly arena: Arena;
  readonly waits: Waits;
  /** The address of a name; throws when there is none. Undefined: nobody knows names here. */
  lookUp: ((name: string) => string) | undefined;
  /** The kernel is dead: nothing that waits will ever be woken. */
  died(error: unknown): void;
}

export class ProcessBase {
  protected readonly context: HostContext;
  /** For arguments of one’s own: `port.alloc`, `port.memory`. */
  readonly port: KernelPort;
  protected readonly memory: KernelPort['memory'];
  protected readonly arena: Arena;
  protected readonly model: DataModel;
  protected readonly nr: CallNumbers;
  protected readonly blocking: BlockingCalls;
  #task: number;

  constructor(context: HostContext, task: number) {
    this.context = context;
    this.port = context.port;
    this.memory = context.port.memory;
    this.arena = context.arena;
    this.model = context.model;
    this.nr = context.numbers;
    this.#task = task;
    this.blocking = new BlockingCalls(context.waits, task);
  }

  /** The address of its task_struct; 0 once it has exited. */
  get task(): number {
    return this.#task;
  }

  get exited(): boolean {
    return this.#task === 0;
  }

  protected forgetTask(): void {
    this.#task = 0;
  }

  /** Set when Linux reports a signal, and cleared by who takes it. */
  signalled = false;

  /** Takes what signals are pending out of the kernel, before they end a call that has nothing to do with them. */
  protected takeSignals(): void {
    this.signalled = false;
  }

  /** Runs the handlers of the signals that were taken, and says how many ran. */
  deliverSignals(): number {
    return 0;
  }

  /**
   * Any system call with arguments as they are, addresses included: the result or a negative errno. The typed
   * calls are made of it; a program that has its own memory in the kernel may use it too.
   */
  syscall(number: number, a = 0, b = 0, c = 0, d = 0, e = 0, f = 0): number {
    if (this.#task === 0) return -errno.ESRCH;
    if (this.signalled) {
      this.takeSignals();
      if (this.exited) return -errno.ESRCH;
    }
    let result: number;
    try {
      result = this.port.syscall(this.#task, number, a, b, c, d, e, f);
    } catch (error) {
      if (this.port.death !== undefined) this.context.died(this.port.death);
      throw error;
    }
    if (result >= 0) this.context.waits.progressed();
    return result;
  }

  /**
   * Calls back with the key of each wake-up of a file (`EPOLL*` bits, 0: anything may have happened) until the watch
   * ends. It says nothing of how the file is now. Throws EBADF.
   */
  watch(fd: number, events: number, callback: (events: number) => void): Watch {
    return this.context.waits.watch(this.#task, descriptor(fd), events, callback);
  }

  /** The result of a call, or what it failed with. A call that would wait says EAGAIN. */
  protected check(result: number, syscall: string, details?: SystemErrorDetails): number {
    if (result >= 0) return result;
    throw this.failure(result, syscall, details);
  }

  protected failure(result: number, syscall: string, details?: SystemErrorDetails): SystemError {
    if (this.#task === 0) {
      return new SystemError(errno.ESRCH, syscall, { detail: 'the process has exited' });
    }
    return new SystemError(isWaiting(result) ? errno.EAGAIN : result, syscall, details);
  }

  /** The value of a structure in kernel memory. */
  protected load<T>(type: StructType<T>, address: number): T {
    return type.read(this.memory.view, address - this.memory.base, this.model);
  }

  /** A copy of kernel memory. */
  protected bytesAt(address: number, lengthBytes: number): Uint8Array {
    const { bytes, base } = this.memory;
    return bytes.slice(address - base, address - base + lengthBytes);
  }

  /** An `int` in kernel memory. */
  protected intAt(address: number): number {
    return this.memory.view.getInt32(address - this.memory.base, true);
  }

  protected setInt(address: number, value: number): void {
    this.memory.view.setInt32(address - this.memory.base, value, true);
  }

  /** A structure as an argument. */
  protected store<T>(type: StructType<T>, value: T): number {
    const address = this.arena.take(type.sizeof(this.model));
    this.fill(type, address, value);
    return address;
  }

  /** A structure in memory that has been taken for it. */
  protected fill<T>(type: StructType<T>, address: number, value: T): void {
    type.write(this.memory.view, address - this.memory.base, value, this.model);
  }

  /** The address of data for a call: a copy’s, unless it lies in the host already. */
  protected put(source: Uint8Array | HostBuffer): number {
    if (source instanceof HostBuffer) return source.addressFor(this.port);
    return this.arena.put(source);
  }

  /** The address of `lengthBytes` for a call to fill, for `fetch` to take over. */
  protected place(target: Uint8Array | HostBuffer, lengthBytes: number): number {
    if (target instanceof HostBuffer) return target.addressFor(this.port);
    return this.arena.take(lengthBytes);
  }

  /** Copies what a call has filled. */
  protected fetch(target: Uint8Array | HostBuffer, address: number, length: number): void {
    if (length <= 0 || target instanceof HostBuffer) return;
    const { bytes, base } = this.memory;
    const start = address - base;
    target.set(bytes.subarray(start, start + Math.min(length, target.byteLength)));
  }

  /** A 64-bit argument in as many slots as the data model needs, low word first. */
  protected wide(value: number): [number] | [number, number] {
    return this.model.wordBytes === 8 ? [value] : [value | 0, Math.floor(value / 0x100000000) | 0];
  }

  /** The address of a host’s name; undefined where nobody knows names. */
  lookUp(name: string): string | undefined {
    return this.context.lookUp?.(name);
  }

  protected deadline(timeoutNs: number | undefined): number | undefined {
    if (timeoutNs === undefined || timeoutNs === Infinity || timeoutNs < 0) return undefined;
    return this.context.waits.time.nowNs() + timeoutNs;
  }
}

/** A descriptor is any integer: Linux says EBADF to the wrong ones. */
export function descriptor(fd: number): number {
  if (!Number.isInteger(fd) || fd < -0x80000000 || fd > 0x7fffffff) {
    throw new TypeError(`a file descriptor is an integer, not ${String(fd)}`);
  }
  return fd;
}

export function bytesOf(value: ArrayBufferView | string): Uint8Array {
  if (typeof value === 'string') return utf8.encode(value);
  if (value instanceof Uint8Array) return value;
  if (ArrayBuffer.isView(value))
    return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  throw new TypeError(`data is a typed array, a DataView or a string, not ${typeof value}`);
}

/** A buffer to be filled. */
export function bufferOf(value: ArrayBufferView): Uint8Array {
  if (!ArrayBuffer.isView(value)) {
    throw new TypeError(`a buffer is a typed array or a DataView, not ${typeof value}`);
  }
  return bytesOf(value);
}

/** Data for calls that also take a host’s own memory. */
export function sourceOf(value: DataSource): Uint8Array | HostBuffer {
  return value instanceof HostBuffer ? value : bytesOf(value);
}

export function targetOf(value: DataTarget): Uint8Array | HostBuffer {
  return value instanceof HostBuffer ? value : bufferOf(value);
}

/** As much of the data as one call passes; a view costs as much as a small call, so there is none without need. */
export function firstBytes<T extends Uint8Array | HostBuffer>(data: T, maximum: number): T {
  return data.byteLength <= maximum ? data : (data.subarray(0, maximum) as T);
}

export function integer(value: number, name: string): number {
  if (!Number.isInteger(value)) throw new TypeError(`${name} is an integer, not ${String(value)}`);
  return value | 0;
}

const utf8 = new TextEncoder();
