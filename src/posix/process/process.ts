// SPDX-License-Identifier: GPL-2.0-only
/**
 * A process of a host: a task in the kernel with its own descriptors, credentials, directory, limits and
 * namespaces, and all the calls on it. Linux ends it, not JavaScript’s collector: call `exit`, or use `using`.
 */
import {
  CLONE_FILES,
  CLONE_FS,
  CLONE_NEWNET,
  SIGCHLD,
  SIGKILL,
  SIGSTOP,
} from '../constants/process.js';
import { errno, SystemError } from '../errno.js';
import { sigaction } from '../struct/files.js';
import { pieceBytesMax } from './arena.js';
import { AsyncVectorCalls } from './async-vector-calls.js';
import type { HostContext } from './base.js';
import type { WaitInfo } from './blocking.js';
import { HostBuffer } from './host-buffer.js';

/** What a child shares with its parent: clone(2). */
export interface ForkOptions {
  /** The child uses the same descriptor table, instead of a copy. */
  readonly shareFiles?: boolean;
  /** The same working directory and umask. */
  readonly shareDirectory?: boolean;
  /** A network namespace of its own. */
  readonly newNetwork?: boolean;
}

/** What a signal does: sigaction(2). */
export interface SignalOptions {
  /** Waiting calls go on, as with SA_RESTART; otherwise they end with EINTR. */
  readonly restart?: boolean;
}

export interface ProcessRegistry extends HostContext {
  register(process: Process): void;
  forget(process: Process): void;
}

/** How a process came to be. */
interface ProcessOptions {
  /** It has its parent’s dispositions already. */
  readonly forked?: boolean;
  /** Known already. */
  readonly pid?: number;
  /** Only another view of a process that is somebody else’s. */
  readonly onBehalf?: boolean;
}

interface Handler {
  readonly run: (signal: number) => void;
  readonly restart: boolean;
}

/** A handler’s address that is neither SIG_DFL nor SIG_IGN: Linux queues the signal, the host takes it. */
const handledByHost = 2;
const ignored = 1;
const signalCount = 64;

/**
 * A process of a host: a task in the kernel with descriptors, credentials, a directory, limits and namespaces of its own, and
 * all system calls on it. Linux ends it, not JavaScript’s collector: call `exit`, or use `using`.
 */
export class Process extends AsyncVectorCalls {
  readonly pid: number;
  readonly #registry: ProcessRegistry;
  readonly #handlers = new Map<number, Handler>();
  /** Signals that are out of the kernel and wait for their handlers to run. */
  #taken: [signal: number, handler: Handler][] = [];
  #status: number | undefined;
  readonly #buffers = new Set<HostBuffer>();

  /** @internal */
  constructor(
    registry: ProcessRegistry,
    task: number,
    { forked = false, pid, onBehalf = false }: ProcessOptions = {},
  ) {
    super(registry, task);
    this.#registry = registry;
    this.pid = pid ?? this.getpid();
    // A default action would end the task under the hands of JavaScript: the host decides what a signal does.
    if (!forked) {
      const signals = Array.from({ length: signalCount }, (_, index) => index + 1);
      const free = signals.filter((signal) => signal !== SIGKILL && signal !== SIGSTOP);
      this.#dispositions(free, handledByHost);
      this.#dispositions([SIGCHLD], ignored);
    }
    if (!onBehalf) registry.register(this);
  }

  /** The status that it exited with. */
  get exitStatus(): number | undefined {
    return this.#status;
  }

  /** What its calls wait for now. */
  get waiting(): readonly WaitInfo[] {
    return this.blocking.list();
  }

  /** A child with a copy of what this process has. Handlers are JavaScript’s and do not go along. */
  fork({
    shareFiles = false,
    shareDirectory = false,
    newNetwork = false,
  }: ForkOptions = {}): Process {
    const flags =
      (shareFiles ? CLONE_FILES : 0) |
      (shareDirectory ? CLONE_FS : 0) |
      (newNetwork ? CLONE_NEWNET : 0);
    const task = this.task === 0 ? -errno.ESRCH : this.port.processCreate(this.task, flags);
    if (task < 0 && task > -4096) throw this.failure(task, 'fork');
    return new Process(this.#registry, task >>> 0, { forked: true });
  }

  /**
   * Memory of the host for data of this process, of which `read`, `write`, `send` and `recv` in all their forms make
   * no copy. Contents: zeros. Freed with the process; ENOMEM when the host has no such piece.
   */
  allocate(sizeBytes: number): HostBuffer {
    if (!Number.isInteger(sizeBytes) || sizeBytes < 1) {
      throw new TypeError(`a buffer has a whole number of bytes, 1 at least, not ${sizeBytes}`);
    }
    if (this.exited) throw this.failure(-errno.ESRCH, 'allocate');
    if (sizeBytes > pieceBytesMax) {
      throw new SystemError(errno.ENOMEM, 'allocate', {
        detail: `a buffer has at most ${pieceBytesMax} bytes, not ${sizeBytes}`,
      });
    }
    const buffer = new HostBuffer(this.port, this.port.alloc(sizeBytes), sizeBytes);
    this.#buffers.add(buffer);
    buffer.onFree = () => this.#buffers.delete(buffer);
    return buffer;
  }

  /** Ends it: descriptors close as Linux closes them, and calls that wait reject. Once is enough. */
  exit(status = 0): void {
    const { task } = this;
    if (task === 0) return;
    this.blocking.end();
    this.forgetTask();
    this.#status = status;
    this.#registry.forget(this);
    if (this.port.death !== undefined) return;
    // The status of wait(2) has the exit code in its second byte.
    this.port.processExit(task, (status & 0xff) << 8);
    for (const buffer of this.#buffers) buffer.free();
    this.context.waits.progressed();
  }

  /** Exits with status 0, if it has not. */
  [Symbol.dispose](): void {
    this.exit();
  }

  /** Calls `handler` for each such signal; without a handler a signal is dropped. Returns a remover. */
  onSignal(
    signal: number,
    handler: (signal: number) => void,
    { restart = false }: SignalOptions = {},
  ): () => void {
    if (!Number.isInteger(signal) || signal < 1 || signal > signalCount) {
      throw new TypeError(`a signal is a number from 1 to ${signalCount}, not ${String(signal)}`);
    }
    if (signal === SIGKILL || signal === SIGSTOP) throw new SystemError(errno.EINVAL, 'sigaction');
    const entry = { run: handler, restart };
    this.#handlers.set(signal, entry);
    this.#dispositions([signal], handledByHost);
    return () => {
      if (this.#handlers.get(signal) === entry) this.#handlers.delete(signal);
    };
  }

  /** Every wait rejects with what ended the kernel. */
  kernelDied(error: unknown): void {
    this.blocking.fail(error);
  }

  /** Waits that began before a signal end with EINTR here; its handler runs when no call is being made. */
  protected override takeSignals(): void {
    this.signalled = false;
    while (this.task !== 0) {
      const signal = this.port.signalTake(this.task);
      if (signal <= 0) return;
      if (signal === SIGKILL) {
        this.exit(128 + SIGKILL);
        return;
      }
      const handler = this.#handlers.get(signal);
      if (handler === undefined) continue;
      this.blocking.interrupt(handler.restart);
      this.#taken.push([signal, handler]);
    }
  }

  /** The registry calls it soon after Linux has reported a signal. */
  override deliverSignals(): number {
    if (this.signalled) this.takeSignals();
    const taken = this.#taken;
    if (taken.length === 0) return 0;
    this.#taken = [];
    for (const [signal, handler] of taken) handler.run(signal);
    return taken.length;
  }

  #dispositions(signals: readonly number[], handler: number): void {
    this.arena.reset();
    const action = { sa_handler: handler, sa_flags: 0, sa_mask: new Uint8Array(8) };
    const at = this.store(sigaction, action);
    for (const signal of signals) {
      this.check(this.syscall(this.nr.rt_sigaction, signal, at, 0, 8), 'rt_sigaction');
    }
  }
}
