// SPDX-License-Identifier: GPL-2.0-only

/**
 * A broker: serves one host to the programs of its user. It takes their listeners over the control socket, hands
 * their calls to the host's handlers, and ends when it is told to, or, if a program started it, some time after the
 * last of them.
 */
import { readlinkSync } from 'node:fs';
import process from 'node:process';
import { addon } from '../../addon/addon.js';
import type { Reactor } from '../../native/reactor.js';
import { packageVersion } from '../../package-root.js';
import type { CallHandlers } from '../call.js';
import { callsByNumber, ownArchitecture } from '../calls/decode.js';
import { Callers } from '../intercept/callers.js';
import { Listener, type ListenerContext } from '../intercept/listener.js';
import { ControlServer, type Connection } from './control-server.js';
import {
  encodeFrame,
  encodeNumberFrame,
  kinds,
  payloadNumber,
  ProtocolError,
  type Frame,
} from './protocol.js';

/** How long a broker that a program started stays without one. */
const idleMs = 10 * 60_000;

/** The host that a broker serves. */
export interface ServedHost {
  readonly handlers: CallHandlers;
  /** For `libos status`: plain JSON. */
  status(): Readonly<Record<string, unknown>>;
  close(): Promise<void>;
}

export interface BrokerOptions {
  readonly name: string;
  readonly socketPath: string;
  readonly reactor: Reactor;
  readonly host: ServedHost;
  /** Keeps a copy of each listener. */
  readonly guardian: { add(key: number, listener: number): void };
  /** Whether a program started it, and it may end when it is idle. */
  readonly onDemand: boolean;
  readonly log: (line: string) => void;
}

export interface BrokerStatus {
  readonly name: string;
  readonly pid: number;
  readonly version: string;
  readonly socket: string;
  readonly onDemand: boolean;
  readonly uptimeMs: number;
  readonly programs: readonly ProgramStatus[];
  readonly host: Readonly<Record<string, unknown>>;
}

/** A program and all that it has started. */
export interface ProgramStatus {
  readonly name: string;
  readonly pid: number;
  /** How many calls it has made that were caught, and how many of them wait. */
  readonly calls: number;
  readonly waiting: number;
}

interface Program {
  readonly name: string;
  readonly pid: number;
  readonly listener: Listener;
}

export class Broker {
  /** Resolves when it has ended. */
  readonly ended: Promise<void>;
  readonly #options: BrokerOptions;
  readonly #server: ControlServer;
  readonly #context: ListenerContext;
  readonly #programs = new Set<Program>();
  readonly #startedMs = performance.now();
  #onDemand: boolean;
  #lastKey = 0;
  #idle: NodeJS.Timeout | undefined;
  #closing: Promise<void> | undefined;
  #end: () => void = () => undefined;

  /** Throws ERR_LIBOS_HOST_UP. */
  constructor(options: BrokerOptions) {
    const { reactor, host, log } = options;
    this.#options = options;
    this.#onDemand = options.onDemand;
    this.ended = new Promise((resolve) => (this.#end = resolve));
    this.#context = {
      reactor,
      callers: new Callers(reactor),
      rows: callsByNumber(ownArchitecture!),
      handlers: host.handlers,
      log,
    };
    this.#server = new ControlServer({
      path: options.socketPath,
      uid: process.geteuid!(),
      reactor,
      onFrame: (connection, frame) => this.#onFrame(connection, frame),
      log,
    });
    this.#becomeIdle();
  }

  status(): BrokerStatus {
    const { name, socketPath, host } = this.#options;
    return {
      name,
      pid: process.pid,
      version: packageVersion,
      socket: socketPath,
      onDemand: this.#onDemand,
      uptimeMs: Math.round(performance.now() - this.#startedMs),
      programs: [...this.#programs].map(({ name, pid, listener: { calls, waiting } }) => ({
        name,
        pid,
        calls,
        waiting,
      })),
      host: host.status(),
    };
  }

  /** Ends: programs that are left see a network that is down. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    clearTimeout(this.#idle);
    this.#server.stop();
    for (const { listener } of [...this.#programs]) listener.close();
    this.#context.callers.close();
    await this.#options.host.close();
    // Whoever asked for it learns now that it is done.
    this.#server.close();
    this.#end();
  }

  #onFrame(connection: Connection, frame: Frame): void {
    switch (frame.kind) {
      case kinds.HELLO:
        connection.name = new TextDecoder().decode(frame.payload);
        connection.send(encodeNumberFrame(kinds.WELCOME, process.pid));
        break;
      case kinds.LISTENER:
        this.#addProgram(connection, payloadNumber(frame));
        break;
      case kinds.STATUS:
        connection.send(encodeFrame(kinds.STATUS_REPLY, JSON.stringify(this.status())));
        break;
      case kinds.KEEP:
        this.#onDemand = false;
        clearTimeout(this.#idle);
        connection.send(encodeFrame(kinds.READY));
        break;
      case kinds.DOWN:
        this.close().catch((error: unknown) => this.#options.log(String(error)));
        break;
      case kinds.WELCOME:
      case kinds.READY:
      case kinds.ERROR:
      case kinds.STATUS_REPLY:
        throw new ProtocolError(`frame ${frame.kind} is the broker's to send`);
    }
  }

  #addProgram(connection: Connection, number: number): void {
    const { name, pid } = connection;
    if (name === undefined) throw new ProtocolError('a listener before its HELLO');
    const fd = addon().processBorrow(pid, number);
    if (fd < 0) {
      connection.refuse(
        `the broker may not reach into process ${pid} (${-fd}): ` +
          'with kernel.yama.ptrace_scope above 1 it must be root',
      );
      return;
    }
    if (readlinkSync(`/proc/self/fd/${fd}`) !== 'anon_inode:seccomp notify') {
      addon().close(fd);
      throw new ProtocolError(`descriptor ${number} of process ${pid} is no listener`);
    }
    const key = ++this.#lastKey;
    this.#options.guardian.add(key, fd);
    const program: Program = {
      name,
      pid,
      listener: new Listener(fd, key, this.#context, () => {
        this.#programs.delete(program);
        this.#becomeIdle();
      }),
    };
    this.#programs.add(program);
    clearTimeout(this.#idle);
    connection.send(encodeFrame(kinds.READY));
  }

  #becomeIdle(): void {
    if (!this.#onDemand || this.#programs.size > 0 || this.#closing) return;
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => {
      this.#options.log(`no program for ${idleMs / 1000} s: going down`);
      this.close().catch((error: unknown) => this.#options.log(String(error)));
    }, idleMs);
    this.#idle.unref();
  }
}
