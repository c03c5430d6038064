// SPDX-License-Identifier: GPL-2.0-only
/**
 * The POSIX side of one host: its processes, its configuration, its files. Made once for a booted kernel; it
 * owns the kernel’s wake and signal reports from then on.
 */
import { O_WRONLY } from './constants/files.js';
import { CLONE_NEWNET } from './constants/process.js';
import { AF_NETLINK, SOCK_CLOEXEC, SOCK_RAW } from './constants/socket.js';
import { isSystemError, SystemError } from './errno.js';
import type { HostTime, KernelPort } from './kernel-port.js';
import { NetlinkClient } from './netlink/client.js';
import { NETLINK_ROUTE, NETLINK_SOCK_DIAG } from './netlink/constants/message.js';
import { Rtnetlink } from './netlink/rtnetlink.js';
import { SocketDiag } from './netlink/socket-diag.js';
import { netlinkTransport } from './netlink/transport.js';
import { Arena, type ArenaState } from './process/arena.js';
import { Process, type ForkOptions, type ProcessRegistry } from './process/process.js';
import { Waits, type WaitsState } from './process/waits.js';
import { socketOptions } from './socket-options.js';
import { ilp32, type DataModel } from './struct/data-model.js';
import { callNumbers } from './syscall-numbers.js';

/** Cloneable. Processes that others than the host itself have made are theirs to know. @internal */
export interface PosixHostState {
  readonly arena: ArenaState;
  readonly waits: WaitsState;
  readonly service: { readonly task: number; readonly pid: number } | undefined;
  readonly clients: readonly {
    readonly protocol: number;
    readonly fd: number;
    readonly sequence: number;
  }[];
  /** Of all its processes. */
  readonly tasks: readonly number[];
}

/** The POSIX side of one host: its processes, its configuration, its files. */
export class PosixHost {
  readonly port: KernelPort;
  readonly time: HostTime;
  readonly #registry: ProcessRegistry;
  readonly #processes = new Map<number, Process>();
  readonly #waits: Waits;
  #signalled = new Set<Process>();
  #service: Process | undefined;
  #route: Rtnetlink | undefined;
  #diag: SocketDiag | undefined;
  /** The sockets of the two, by their protocol. */
  readonly #clients = new Map<number, OpenClient>();

  /** A `model` other than the wasm32 kernel’s is for the native form. */
  constructor(port: KernelPort, time: HostTime, model: DataModel = ilp32) {
    this.port = port;
    this.time = time;
    this.#waits = new Waits(port, time);
    this.#registry = {
      port,
      model,
      numbers: callNumbers(model),
      arena: new Arena(port),
      waits: this.#waits,
      lookUp: undefined,
      died: (error) => this.kernelDied(error),
      register: (process) => void this.#processes.set(process.task, process),
      forget: (process) => this.#forget(process),
    };
    port.onSignal = (task) => {
      const process = this.#processes.get(task);
      if (process === undefined) return;
      process.signalled = true;
      if (this.#signalled.size === 0) time.defer(() => this.#deliverSignals());
      this.#signalled.add(process);
    };
  }

  /** A new process, a child of init, in the host’s first network namespace unless told otherwise. */
  spawn(options: Pick<ForkOptions, 'newNetwork'> = {}): Process {
    const first = this.port.processCreate(0, 0);
    if (first < 0 && first > -4096) throw new SystemError(first, 'spawn');
    const process = new Process(this.#registry, first >>> 0);
    if (options.newNetwork === true) process.unshare(CLONE_NEWNET);
    return process;
  }

  /** Another side’s process, to be looked into through this one: its calls are this side’s, its signals are not. */
  onBehalf({ task, pid }: Process): Process {
    return new Process(this.#registry, task, { forked: true, pid, onBehalf: true });
  }

  /** The processes that have not exited; the host’s own is not among them. */
  get processes(): readonly Process[] {
    return [...this.#processes.values()].filter((process) => process !== this.#service);
  }

  /** How many waits are under way in all. */
  get waitCount(): number {
    return this.#waits.size;
  }

  /** The host’s own process: configuration and files go through it. */
  get service(): Process {
    this.#service ??= this.spawn();
    return this.#service;
  }

  /** Links, addresses, routes and so on of the host’s first network namespace. */
  get route(): Rtnetlink {
    this.#route ??= new Rtnetlink(this.#client(NETLINK_ROUTE));
    return this.#route;
  }

  /** The sockets of all processes in the host’s first network namespace, as ss(8) shows them. */
  get diag(): SocketDiag {
    this.#diag ??= new SocketDiag(this.#client(NETLINK_SOCK_DIAG));
    return this.#diag;
  }

  /** Who knows the addresses of names, for sockets that are given one; it throws for those that it does not know. */
  set lookUp(lookUp: (name: string) => string) {
    this.#registry.lookUp = lookUp;
  }

  /** A file of the host’s procfs, sysfs or tmpfs. */
  readFile(path: string): string {
    return this.service.readFile(path);
  }

  /** Writes an existing file of the host’s. */
  writeFile(path: string, data: string): void {
    this.service.writeFile(path, data, O_WRONLY);
  }

  /** `sysctl('net.ipv4.ip_forward')` reads a setting, with a value it sets it. Names may use `/` for `.`. */
  sysctl(name: string, value?: string | number): string {
    const path = `/proc/sys/${name.includes('/') ? name : name.replaceAll('.', '/')}`;
    try {
      if (value !== undefined) this.writeFile(path, `${value}\n`);
      return this.readFile(path).trimEnd();
    } catch (error) {
      if (!isSystemError(error, 'ENOENT')) throw error;
      throw new SystemError(error.errno, 'sysctl', { path: name, cause: error });
    }
  }

  /** For who drives the kernel, when it has died outside of a system call: all that waits rejects with `error`. */
  kernelDied(error: unknown): void {
    for (const process of this.#processes.values()) process.kernelDied(error);
  }

  /** Ends every process. The kernel itself stays for whoever made it. */
  close(): void {
    const dead = this.port.death !== undefined;
    for (const process of [...this.#processes.values()]) process.exit();
    if (!dead) this.#registry.arena.release();
    this.#route = undefined;
    this.#diag = undefined;
    this.#clients.clear();
    this.#service = undefined;
  }

  /** What it knows of its kernel, for a snapshot of both. Context: none of its processes waits. */
  saveState(): PosixHostState {
    const { arena } = this.#registry;
    return {
      arena: arena.saveState(),
      waits: this.#waits.saveState(),
      service: this.#service && { task: this.#service.task, pid: this.#service.pid },
      clients: [...this.#clients].map(([protocol, { fd, client }]) => ({
        protocol,
        fd,
        sequence: client.sequence,
      })),
      tasks: [...this.#processes.keys()],
    };
  }

  /** The kernel is again what it was then; or this is a new side for a kernel that goes on from there. */
  restoreState({ arena, waits, service, clients, tasks }: PosixHostState): void {
    this.#registry.arena.restoreState(arena);
    this.#waits.restoreState(waits);
    this.#signalled.clear();
    for (const task of [...this.#processes.keys()]) {
      if (!tasks.includes(task)) this.#processes.delete(task);
    }
    this.#route = undefined;
    this.#diag = undefined;
    this.#clients.clear();
    if (!service) {
      this.#service = undefined;
      return;
    }
    const { task, pid } = service;
    // One that is there may be known outside.
    const process =
      this.#processes.get(task) ?? new Process(this.#registry, task, { forked: true, pid });
    this.#service = process;
    for (const { protocol, fd, sequence } of clients) {
      const client = new NetlinkClient(netlinkTransport(process, fd), sequence);
      this.#clients.set(protocol, { fd, client });
    }
  }

  #client(protocol: number): NetlinkClient {
    let open = this.#clients.get(protocol);
    if (!open) {
      open = openClient(this.service, protocol);
      this.#clients.set(protocol, open);
    }
    return open.client;
  }

  #forget(process: Process): void {
    for (const [task, candidate] of this.#processes) {
      if (candidate === process) this.#processes.delete(task);
    }
  }

  #deliverSignals(): void {
    const processes = this.#signalled;
    this.#signalled = new Set();
    for (const process of processes) process.deliverSignals();
  }
}

/** An rtnetlink client for the network namespace that a process is in. */
export function routeClient(process: Process): Rtnetlink {
  return new Rtnetlink(netlinkClient(process, NETLINK_ROUTE));
}

/** A client for any netlink family (`NETLINK_*`), in the network namespace that a process is in. */
export function netlinkClient(process: Process, protocol: number): NetlinkClient {
  return openClient(process, protocol).client;
}

interface OpenClient {
  readonly fd: number;
  readonly client: NetlinkClient;
}

function openClient(process: Process, protocol: number): OpenClient {
  const fd = process.socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
  process.setOption(fd, socketOptions.netlinkExtendedAck, true);
  process.setOption(fd, socketOptions.netlinkCapAck, true);
  // Families without strict checks do not mind.
  process.setOption(fd, socketOptions.netlinkStrict, true);
  return { fd, client: new NetlinkClient(netlinkTransport(process, fd)) };
}

/** An inet_diag client for the network namespace that a process is in. */
export function diagClient(process: Process): SocketDiag {
  return new SocketDiag(netlinkClient(process, NETLINK_SOCK_DIAG));
}
