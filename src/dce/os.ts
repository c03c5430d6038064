// SPDX-License-Identifier: GPL-2.0-only

/**
 * A program's view of the host that it runs on: names, sockets, time, and the host's own settings. All that it
 * waits for ends with the program.
 */
import { CLOCK_REALTIME } from '../posix/constants/process.js';
import {
  describeFile,
  PacketSocket,
  ping,
  RawSocket,
  TcpServer,
  TcpSocket,
  UdpSocket,
  type EchoReply,
  type PacketOptions,
  type PingOptions,
  type PosixHost,
  type Process,
  type RawOptions,
  type ConnectOptions,
  type ListenOptions,
  type Timer,
  type UdpOptions,
} from '../posix/index.js';
import { parseDurationNs } from '../units.js';
import { located } from './caller-line.js';
import { HostCalls } from './host-calls.js';
import { reachOutside } from './outside.js';
import type { Program, ProgramFunction, ProgramOptions } from './program.js';
import type { SimulatedHost } from './simulated-host.js';

/** Something that a program waits for. */
export interface ProgramWait {
  readonly text: string;
  /** It ends with time. */
  readonly timed: boolean;
  /** It waits for others to come. */
  readonly idle: boolean;
}

interface Sleep {
  readonly sinceNs: number;
  readonly untilNs: number;
  readonly timer: Timer;
  readonly reject: (error: Error) => void;
}

/**
 * A program's view of the host that it runs on: names, sockets, time, and the host's own settings. All that it waits for
 * ends with the program.
 */
export class Os extends HostCalls {
  readonly program: Program;
  readonly #abort = new AbortController();
  readonly #sleeps = new Set<Sleep>();
  readonly #clockStartNs: number;
  #process: Process | undefined;
  #ended: Error | undefined;

  /** `clockStartNs`: what the host's clock showed at the simulation's start. @internal */
  constructor(program: Program, host: SimulatedHost, posix: PosixHost, clockStartNs: number) {
    super(host, posix);
    this.program = program;
    this.#clockStartNs = clockStartNs;
  }

  /** The program's process: its descriptors, its system calls. */
  get process(): Process {
    if (this.#ended) throw this.#ended;
    this.#process ??= this.posix.spawn();
    return this.#process;
  }

  /** Aborts when the program is stopped or its host dies. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Virtual time since the simulation's start, by the host's clock. */
  get nowNs(): number {
    return this.posix.time.nowNs() - this.#clockStartNs;
  }

  /** What the host's calendar says. */
  get now(): Date {
    const { seconds, nanoseconds } = this.posix.service.clockGettime(CLOCK_REALTIME);
    return new Date(seconds * 1000 + Math.floor(nanoseconds / 1e6));
  }

  /** Resolves when a duration has passed by the host's clock: "1 s", or nanoseconds. */
  sleep(duration: string | number): Promise<void> {
    const durationNs = located(() => parseDurationNs(duration, 'sleep'));
    if (this.#ended) return Promise.reject(this.#ended);
    const sinceNs = this.posix.time.nowNs();
    const untilNs = sinceNs + durationNs;
    return new Promise((resolve, reject) => {
      const timer = this.posix.time.at(untilNs, () => {
        this.#sleeps.delete(sleep);
        resolve();
      });
      const sleep: Sleep = { sinceNs, untilNs, timer, reject };
      this.#sleeps.add(sleep);
    });
  }

  /** The address of a host by its name, IPv4 unless it has none or the version is said. Addresses are themselves. */
  resolve(name: string, options: { readonly version?: 4 | 6 } = {}): string {
    return this.host.resolve(name, options.version);
  }

  /** A TCP connection to a host, by name or address. */
  async connect(
    host: string,
    port: number,
    options: Omit<ConnectOptions, 'address' | 'port'> = {},
  ): Promise<TcpSocket> {
    return TcpSocket.connect(this.process, { ...options, address: this.resolve(host), port });
  }

  /** A TCP server. `for await (const socket of os.listen(7))` gets its connections. */
  listen(port: number, options: Omit<ListenOptions, 'port'> = {}): TcpServer {
    return TcpServer.listen(this.process, { ...options, port });
  }

  /** A UDP socket, by default on a port that Linux picks. */
  udp(port = 0, options: Omit<UdpOptions, 'port'> = {}): UdpSocket {
    return UdpSocket.open(this.process, { ...options, port });
  }

  /** A raw socket: raw(7). It needs root, which programs are unless they gave it up. */
  raw(options: RawOptions): RawSocket {
    return RawSocket.open(this.process, options);
  }

  /** A packet socket: packet(7). */
  packet(options: PacketOptions = {}): PacketSocket {
    return PacketSocket.open(this.process, options);
  }

  /** One echo request and its reply. */
  ping(host: string, options: PingOptions = {}): Promise<EchoReply> {
    return ping(this.process, this.resolve(host, options), options);
  }

  /** Says something in the simulation's log. */
  log(text: string, fields?: Readonly<Record<string, unknown>>): void {
    if (!this.program.replaying) this.host.log('program', text, fields);
  }

  /** Hands a value to the outside, where `sim.reports` has it. It is copied. */
  report(key: string, value: unknown): void {
    if (!this.program.replaying) this.host.report(this.program, key, value);
  }

  /**
   * Work in the real world: files, real sockets, thread pools. It takes no virtual time: that stands still until the
   * work is done. `const text = await os.outside(() => readFile('input.csv', 'utf8'))`.
   */
  outside<T>(work: () => T | Promise<T>): Promise<T> {
    const { engine } = this.host.simulation;
    const reach = (released?: () => void): Promise<T> => reachOutside(engine, work, released);
    return this.program.session?.outside(reach) ?? reach();
  }

  /** Another program on this host. */
  spawn<T>(program: ProgramFunction<T>, options: ProgramOptions = {}): Program<T> {
    return this.host.run(program, options);
  }

  /** What the program waits for now. @internal */
  get waits(): readonly ProgramWait[] {
    const since = (ns: number): string => `since ${seconds(ns - this.#clockStartNs)}`;
    const sleeps = [...this.#sleeps].map(({ sinceNs, untilNs }) => ({
      text: `sleeps ${since(sinceNs)} until ${seconds(untilNs - this.#clockStartNs)}`,
      timed: true,
      idle: false,
    }));
    const waiting = this.#process?.waiting ?? [];
    // Looked at through the host's own side: the program's calls are its own.
    const process = waiting.length > 0 ? this.host.posix.onBehalf(this.#process!) : undefined;
    const calls = waiting.map(({ syscall, files, sinceNs, deadlineNs }) => {
      const on = files.map((fd) => describeFile(process!, fd)).join(', ');
      return {
        text: `waits in ${syscall}${on && ` on ${on}`} ${since(sinceNs)}`,
        timed: deadlineNs !== undefined,
        idle: syscall.startsWith('accept'),
      };
    });
    return [...sleeps, ...calls];
  }

  /** Context: called by the program, once: it has ended and why. @internal */
  end(reason: Error): void {
    if (this.#ended) return;
    this.#ended = reason;
    this.#abort.abort(reason);
    for (const { timer, reject } of this.#sleeps) {
      timer.cancel();
      reject(reason);
    }
    this.#sleeps.clear();
    this.#process?.exit();
  }
}

const seconds = (ns: number): string => `${(ns / 1e9).toFixed(3)} s`;
