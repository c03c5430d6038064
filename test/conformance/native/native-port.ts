// SPDX-License-Identifier: GPL-2.0-only
/**
 * Native Linux behind the same interface as the library’s kernel, so that the very same `Process` calls run on
 * both: `KernelPort` by way of syscall-server processes. Tests only; slow (tens of microseconds a call).
 */
import process from 'node:process';
import type { KernelPort } from '../../../src/posix/index.js';
import { callNumbers, lp64, struct } from '../../../src/posix/index.js';
import { pollfd, timespec } from '../../../src/posix/struct/files.js';
import { Channel, operation, startServer } from './server.js';

/** As in syscall-server.c. */
const memoryStart = 0x100000;
const memoryBytes = 0x700000;
/** A task is named by a number that looks like the address that it is in the library. */
const taskStep = 0x1000;
const reapingMsMax = 10_000;

interface WatchedFile {
  readonly task: number;
  readonly fd: number;
  readonly events: number;
}

const nr = callNumbers(lp64);
const pollArguments = struct('poll arguments', { entry: pollfd, __pad: pollfd, time: timespec });

export class NativePort implements KernelPort {
  readonly memory: KernelPort['memory'];
  onWake: KernelPort['onWake'] = () => undefined;
  onSignal: KernelPort['onSignal'] = () => undefined;
  readonly #folder: string;
  readonly #root: Channel;
  readonly #stop: () => void;
  readonly #channels = new Map<number, Channel>();
  readonly #pids = new Map<number, number>();
  readonly #watches = new Map<number, WatchedFile>();
  readonly #allocated = new Set<number>();
  #used = 0;
  #lastTask = 0;

  constructor() {
    const { folder, root, stop } = startServer();
    this.#folder = folder;
    this.#root = root;
    this.#stop = stop;
    const buffer = new ArrayBuffer(memoryStart + memoryBytes);
    this.memory = { bytes: new Uint8Array(buffer), view: new DataView(buffer), base: 0 };
  }

  alloc(sizeBytes: number): number {
    const address = memoryStart + this.#used;
    const size = (sizeBytes + 15) & ~15;
    if (this.#used + size > memoryBytes) return 0;
    this.#used += size;
    this.#allocated.add(address);
    this.memory.bytes.fill(0, address, address + size);
    return address;
  }

  free(address: number): void {
    this.#allocated.delete(address);
    if (this.#allocated.size === 0) this.#used = 0;
  }

  syscall(
    task: number,
    number: number,
    a: number,
    b: number,
    c: number,
    d: number,
    e: number,
    f: number,
  ): number {
    return this.#request(task, operation.call, number, [a, b, c, d, e, f]);
  }

  processCreate(parent: number, flags: number): number {
    const id = ++this.#lastTask;
    const channel = parent === 0 ? this.#root : this.#channel(parent);
    const { result } = channel.request(operation.fork, 0, [flags, id], new Uint8Array(0));
    if (result < 0) return result;
    const task = id * taskStep;
    this.#channels.set(task, new Channel(this.#folder, id));
    this.#pids.set(task, result);
    return task;
  }

  processExit(task: number, status: number): void {
    this.#channel(task).exit((status >> 8) & 0xff);
    this.#channels.delete(task);
    untilReaped(this.#pids.get(task)!);
    this.#pids.delete(task);
  }

  signalTake(task: number): number {
    return this.#request(task, operation.takeSignal, 0, []);
  }

  watch(task: number, fd: number, events: number, cookie: number): number {
    const watched = { task, fd, events };
    const ready = this.#ready(watched);
    if (ready >= 0) this.#watches.set(cookie, watched);
    return ready;
  }

  unwatch(cookie: number): number {
    return this.#watches.delete(cookie) ? 0 : -2;
  }

  /** Reports what has become ready since; native-host.ts calls it while it waits. */
  reportReady(): void {
    for (const [cookie, watched] of this.#watches) {
      const ready = this.#channels.has(watched.task) ? this.#ready(watched) : 0;
      if (ready > 0) this.onWake(cookie, ready);
    }
    for (const task of this.#channels.keys()) this.#request(task, operation.call, nr.getpid, []);
  }

  stop(): void {
    for (const channel of this.#channels.values()) channel.close();
    this.#stop();
  }

  #ready({ task, fd, events }: WatchedFile): number {
    const at = this.alloc(pollArguments.sizeof(lp64));
    const { entry, time } = pollArguments.layout(lp64).offsets;
    pollfd.write(this.memory.view, at + entry!, { fd, events, revents: 0 }, lp64);
    const result = this.syscall(task, nr.ppoll, at + entry!, 1, at + time!, 0, 8, 0);
    const { revents } = pollfd.read(this.memory.view, at + entry!, lp64);
    this.free(at);
    if (result < 0) return result;
    return (revents & 0x20) !== 0 ? -9 : revents;
  }

  #request(task: number, op: number, number: number, args: readonly number[]): number {
    const used = this.memory.bytes.subarray(memoryStart, memoryStart + this.#used);
    const { result, signals } = this.#channel(task).request(op, number, args, used);
    if (signals) this.onSignal(task);
    return result;
  }

  #channel(task: number): Channel {
    const channel = this.#channels.get(task);
    if (channel === undefined) throw new Error(`no native process has the number ${task}`);
    return channel;
  }
}

/** A process closes its descriptors a moment before it is gone; the library's exit(2) is over when it returns. */
function untilReaped(pid: number): void {
  const pause = new Int32Array(new SharedArrayBuffer(4));
  for (let waitedMs = 0; waitedMs < reapingMsMax; waitedMs++) {
    try {
      process.kill(pid, 0);
    } catch {
      return;
    }
    Atomics.wait(pause, 0, 0, 1);
  }
  throw new Error(`process ${pid} has ended and nobody has reaped it`);
}
