// SPDX-License-Identifier: GPL-2.0-only
/**
 * One kernel, a port for each that uses it: every program of a host has a `PosixHost` of its own on a port of its
 * own, so that what one program asked and was told stands alone. The hub tells wake-ups and signals apart.
 */
import type { KernelPort } from '../kernel-port.js';

/** Who waits under which cookie, and whose tasks there are. */
export interface PortHubState {
  /** By the kernel’s cookie: the owner, -1 for none, and the owner’s own cookie. */
  readonly owners: Int32Array;
  readonly cookies: Uint32Array;
  readonly free: Uint32Array;
  readonly tasks: readonly (readonly [task: number, owner: number])[];
}

const nobody = -1;

export class PortHub {
  readonly kernel: KernelPort;
  /**
   * Thrown by calls from outside while it is set: when programs are run again, for the call would be made twice,
   * and for ever when the kernel has a new hub.
   */
  refusal: Error | undefined;
  #retired = false;
  readonly #ports = new Map<number, OwnedPort>();
  readonly #owners: number[] = [];
  readonly #cookies: number[] = [];
  readonly #free: number[] = [];
  readonly #tasks = new Map<number, number>();

  /** From now on the kernel reports to the hub alone. */
  constructor(kernel: KernelPort) {
    this.kernel = kernel;
    kernel.onWake = (cookie, events) => {
      const port = this.#ports.get(this.#owners[cookie] ?? nobody);
      port?.onWake(this.#cookies[cookie]!, events);
    };
    kernel.onSignal = (task) => {
      this.#ports.get(this.#tasks.get(task) ?? nobody)?.onSignal(task);
    };
  }

  /** The kernel is another's now: whoever still uses this hub is told so as if the kernel were dead. */
  retire(reason: Error): void {
    this.refusal = reason;
    this.#retired = true;
  }

  get death(): unknown {
    return this.kernel.death ?? (this.#retired ? this.refusal : undefined);
  }

  /** The port of a new owner; owners are numbered from 0 by who uses the hub. */
  open(owner: number): KernelPort {
    if (this.#ports.has(owner)) throw new Error(`port hub: there are two owners ${owner}`);
    const port = new OwnedPort(this, owner);
    this.#ports.set(owner, port);
    return port;
  }

  /** Forgets an owner whose processes have ended. */
  close(owner: number): void {
    if (!this.#ports.delete(owner)) return;
    for (const [cookie, each] of this.#owners.entries()) if (each === owner) this.unwatch(cookie);
    for (const [task, each] of this.#tasks) if (each === owner) this.#tasks.delete(task);
  }

  /** For the ports: takes a cookie of the kernel’s. */
  takeCookie(owner: number, cookie: number): number {
    const taken = this.#free.pop() ?? this.#owners.length;
    this.#owners[taken] = owner;
    this.#cookies[taken] = cookie;
    return taken;
  }

  /** For the ports: ends the watch under a cookie of the kernel’s. */
  unwatch(cookie: number): number {
    const result = this.death === undefined ? this.kernel.unwatch(cookie) : 0;
    this.giveCookie(cookie);
    return result;
  }

  giveCookie(cookie: number): void {
    this.#owners[cookie] = nobody;
    this.#free.push(cookie);
  }

  taskMade(owner: number, task: number): void {
    this.#tasks.set(task, owner);
  }

  taskEnded(task: number): void {
    this.#tasks.delete(task);
  }

  saveState(): PortHubState {
    return {
      owners: Int32Array.from(this.#owners),
      cookies: Uint32Array.from(this.#cookies),
      free: Uint32Array.from(this.#free),
      tasks: [...this.#tasks],
    };
  }

  /** Context: all owners that the state names have been opened. */
  restoreState(state: PortHubState): void {
    replace(this.#owners, state.owners);
    replace(this.#cookies, state.cookies);
    replace(this.#free, state.free);
    this.#tasks.clear();
    for (const [task, owner] of state.tasks) this.#tasks.set(task, owner);
    for (const [owner, port] of this.#ports) {
      const own = [...state.owners.entries()].filter(([, each]) => each === owner);
      port.adopt(own.map(([cookie]) => [state.cookies[cookie]!, cookie] as const));
    }
  }
}

function replace(target: number[], source: ArrayLike<number>): void {
  target.length = 0;
  for (let i = 0; i < source.length; i++) target.push(source[i]!);
}

class OwnedPort implements KernelPort {
  readonly memory: KernelPort['memory'];
  onWake: KernelPort['onWake'] = () => undefined;
  onSignal: KernelPort['onSignal'] = () => undefined;
  readonly #hub: PortHub;
  readonly #owner: number;
  /** The kernel’s cookie by the owner’s. */
  readonly #cookies = new Map<number, number>();

  constructor(hub: PortHub, owner: number) {
    this.#hub = hub;
    this.memory = hub.kernel.memory;
    this.#owner = owner;
  }

  get death(): unknown {
    return this.#hub.death;
  }

  adopt(cookies: readonly (readonly [own: number, kernel: number])[]): void {
    this.#cookies.clear();
    for (const [own, kernel] of cookies) this.#cookies.set(own, kernel);
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
    return this.#kernel.syscall(task, number, a, b, c, d, e, f);
  }

  alloc(sizeBytes: number): number {
    return this.#kernel.alloc(sizeBytes);
  }

  free(address: number): void {
    this.#kernel.free(address);
  }

  processCreate(parent: number, flags: number): number {
    const task = this.#kernel.processCreate(parent, flags);
    if (task > 0 || task < -4095) this.#hub.taskMade(this.#owner, task >>> 0);
    return task;
  }

  processExit(task: number, status: number): void {
    this.#kernel.processExit(task, status);
    this.#hub.taskEnded(task);
  }

  signalTake(task: number): number {
    return this.#kernel.signalTake(task);
  }

  watch(task: number, fd: number, events: number, cookie: number): number {
    const kernel = this.#kernel;
    const taken = this.#hub.takeCookie(this.#owner, cookie);
    const ready = kernel.watch(task, fd, events, taken);
    if (ready < 0) this.#hub.giveCookie(taken);
    else this.#cookies.set(cookie, taken);
    return ready;
  }

  unwatch(cookie: number): number {
    const taken = this.#cookies.get(cookie);
    if (taken === undefined) return -2;
    this.#cookies.delete(cookie);
    return this.#hub.unwatch(taken);
  }

  get #kernel(): KernelPort {
    if (this.#hub.refusal !== undefined) throw this.#hub.refusal;
    return this.#hub.kernel;
  }
}
