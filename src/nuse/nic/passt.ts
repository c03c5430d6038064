// SPDX-License-Identifier: GPL-2.0-only

/**
 * `passt:`: a way out that needs no root. Debian's passt turns frames into sockets of the machine and back; it
 * answers DHCP and router solicitations with the machine's own addresses. It runs as long as the host.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { HostNic, TargetId, Timed } from '../../host/index.js';
import { addon } from '../../addon/addon.js';
import { findProgram } from '../config/load.js';
import {
  plainOffloads,
  type NicBackend,
  type NicCounters,
  type NicEnvironment,
} from './backend.js';
import { describeErrno, nicError } from './machine.js';
import { NicPump } from './pump.js';
import { StreamWire } from './stream-wire.js';
import type { NicUrl } from './url.js';

const AF_UNIX = 1;
const SOCK_STREAM = 1;
const SOCK_NONBLOCK = 0o4000;
const SOL_SOCKET = 1;
const SO_SNDBUF = 7;
const SO_RCVBUF = 8;
const socketBufferBytes = 4 << 20;
/** Where it finds its socket: behind its standard descriptors. */
const passtFd = 3;
/** A passt that cannot start says so at once. */
const startMs = 150;
/** passt's own, its largest: 64 KiB less an Ethernet header, in whole words. */
const mtuDefault = 65_520;

/** Our options as passt's. */
const flags: Readonly<Record<string, string>> = {
  tcp: '-t',
  udp: '-u',
  interface: '-i',
  address: '-a',
  netmask: '-n',
  gateway: '-g',
  dns: '-D',
  mtu: '-m',
};

/** How long one must have run to be started again when it ends, and when. */
const lastingNs = 2e9;
const restartNs = 0.5e9;

export class PasstNic implements NicBackend, Timed {
  readonly offloads = plainOffloads;
  readonly mtu: number;
  readonly #url: NicUrl;
  readonly #label: string;
  readonly #program: string;
  readonly #environment: NicEnvironment;
  readonly #pump: NicPump;
  readonly #restart: TargetId;
  #child!: ChildProcess;
  #startedNs = 0;
  #said = '';
  #state = 'up';
  #closing = false;

  /** Throws ERR_LIBOS_NIC with passt's own words when it is missing or does not start. */
  static async open(url: NicUrl, environment: NicEnvironment): Promise<PasstNic> {
    const program = findProgram('passt');
    if (program === undefined) {
      throw nicError(url.text, 'passt is not installed', 'apt install passt, or take a tap: NIC');
    }
    const nic = new PasstNic(url, environment, program);
    await nic.#started();
    return nic;
  }

  private constructor(url: NicUrl, environment: NicEnvironment, program: string) {
    this.#url = url;
    this.#label = url.text;
    this.#program = program;
    this.#environment = environment;
    this.mtu = Number(url.options.get('mtu') ?? mtuDefault);
    if (!Number.isInteger(this.mtu) || this.mtu < 68 || this.mtu > mtuDefault) {
      throw nicError(
        url.text,
        'mtu is no number of bytes',
        `a whole number from 68 to ${mtuDefault}`,
      );
    }
    this.#restart = environment.scheduler.register(this);
    this.#pump = new NicPump({ label: url.text, environment, onBroken: () => this.#ended() });
    this.#spawn();
  }

  get counters(): NicCounters {
    return this.#pump.counters;
  }

  get state(): string {
    return this.#state;
  }

  start(nic: HostNic): void {
    this.#pump.start(nic);
  }

  async close(): Promise<void> {
    this.#closing = true;
    this.#pump.stop();
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill();
    await ended;
  }

  /** It is time to start it again. */
  onTime(): void {
    if (this.#closing || this.#pump.attached) return;
    this.#state = 'up';
    this.#spawn();
  }

  #spawn(): void {
    const [own, theirs] = socketPair(this.#label);
    const options = ['-f', '-q', '-e', '-F', String(passtFd), ...passtOptions(this.#url)];
    this.#child = spawn(this.#program, options, { stdio: ['ignore', 'ignore', 'pipe', theirs] });
    addon().close(theirs);
    this.#child.on('error', (error) => (this.#said += `${error.message}\n`));
    this.#child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.#said = (this.#said + text).slice(-4096);
    });
    this.#startedNs = this.#environment.scheduler.nowNs;
    this.#pump.attach(new StreamWire(own));
  }

  async #started(): Promise<void> {
    const child = this.#child;
    const ended = new Promise<string>((resolve) => {
      child.once('error', (error) => resolve(error.message));
      child.once('exit', (code, signal) => resolve(`ended with ${String(code ?? signal)}`));
    });
    const running = new Promise<undefined>((resolve) => {
      setTimeout(() => resolve(undefined), startMs);
    });
    const why = await Promise.race([ended, running]);
    if (why === undefined) return;
    this.#closing = true;
    this.#pump.stop();
    throw nicError(
      this.#label,
      `passt does not start: ${this.#lastWords() || why}`,
      'it needs an interface of the machine with a default route, and user namespaces',
    );
  }

  #ended(): void {
    if (this.#closing) return;
    this.#state = 'passt has ended';
    const { log, scheduler } = this.#environment;
    log(`${this.#label}: passt has ended: ${this.#lastWords()}`);
    // One that does not last would only be started again and again.
    if (scheduler.nowNs - this.#startedNs < lastingNs) return;
    scheduler.at(scheduler.nowNs + restartNs, this.#restart, 0, 0);
  }

  #lastWords(): string {
    const lines = this.#said.split('\n').map((line) => line.trim());
    return lines.filter((line) => line !== '' && !line.includes('to syslog')).at(-1) ?? '';
  }
}

function passtOptions({ options }: NicUrl): string[] {
  return [...options].flatMap(([name, value]) => [flags[name]!, value]);
}

function socketPair(label: string): [own: number, theirs: number] {
  const fds = new Int32Array(2);
  const result = addon().socketPair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds);
  if (result < 0) throw nicError(label, `no socket: ${describeErrno(result)}`, 'see `ulimit -n`');
  const size = new Uint8Array(new Int32Array([socketBufferBytes]).buffer);
  for (const fd of fds) {
    addon().setSocketOption(fd, SOL_SOCKET, SO_SNDBUF, size);
    addon().setSocketOption(fd, SOL_SOCKET, SO_RCVBUF, size);
  }
  return [fds[0]!, fds[1]!];
}
