// SPDX-License-Identifier: GPL-2.0-only

/**
 * `unix:PATH`: a stream socket with QEMU's framing (`-netdev stream,addr.type=unix`), which joins two hosts, or a
 * host and a virtual machine. One side listens, the other connects; without being told, a host connects if somebody
 * listens and listens otherwise. While nobody is there, there is no carrier.
 */
import { chmodSync, rmSync } from 'node:fs';
import type { HostNic, TargetId, Timed } from '../../host/index.js';
import { addon } from '../../addon/addon.js';
import { EPOLLIN, type Watch } from '../../native/reactor.js';
import { errno } from '../../posix/index.js';
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
const pathBytesMax = 107;
/** How often a side that connects looks whether the other is back. */
const retryNs = 1e9;

export class UnixNic implements NicBackend, Timed {
  readonly offloads = plainOffloads;
  readonly mtu = undefined;
  readonly #url: NicUrl;
  readonly #environment: NicEnvironment;
  readonly #pump: NicPump;
  readonly #retry: TargetId;
  #listener: number | undefined;
  #watch: Watch | undefined;
  #closed = false;

  /** Throws ERR_LIBOS_NIC: nobody listens, in use, no permission. */
  constructor(url: NicUrl, environment: NicEnvironment) {
    this.#url = url;
    this.#environment = environment;
    this.#retry = environment.scheduler.register(this);
    this.#pump = new NicPump({ label: url.text, environment, onBroken: () => this.#lost() });
    const mode = url.options.get('mode');
    const connected = connect(url);
    if (connected >= 0 && mode === 'listen') {
      addon().close(connected);
      throw nicError(
        url.text,
        `${url.target} is in use: somebody listens there`,
        'end that one, take another path, or leave mode=listen out to connect to it',
      );
    }
    if (connected >= 0) {
      this.#pump.attach(new StreamWire(connected));
    } else if (mode === 'connect' || !isFree(connected)) {
      throw cannotConnect(url, connected);
    } else {
      this.#listen();
    }
  }

  get counters(): NicCounters {
    return this.#pump.counters;
  }

  get state(): string {
    if (this.#pump.attached) return 'up';
    return this.#listener === undefined ? 'the other side is gone' : 'nobody has connected';
  }

  start(nic: HostNic): void {
    this.#pump.start(nic);
  }

  close(): Promise<void> {
    this.#closed = true;
    this.#pump.stop();
    this.#watch?.close();
    if (this.#listener !== undefined) {
      addon().close(this.#listener);
      rmSync(this.#url.target, { force: true });
    }
    return Promise.resolve();
  }

  /** It is time to try to connect again. */
  onTime(): void {
    if (this.#closed || this.#pump.attached) return;
    const fd = connect(this.#url);
    if (fd < 0) this.#retryLater();
    else this.#attach(fd);
  }

  #listen(): void {
    const { target, text } = this.#url;
    const fd = unixSocket(text);
    // Whatever was there has no listener any more.
    rmSync(target, { force: true });
    const mask = process.umask(0o177);
    const bound = addon().bind(fd, unixAddress(this.#url));
    process.umask(mask);
    const result = bound < 0 ? bound : addon().listen(fd, 1);
    if (result < 0) {
      addon().close(fd);
      throw nicError(
        text,
        `cannot listen at ${target}: ${describeErrno(result)}`,
        'its folder must be there, and you must be allowed to write in it',
      );
    }
    chmodSync(target, 0o600);
    this.#listener = fd;
    this.#watch = this.#environment.reactor.watch(fd, EPOLLIN, () => this.#accept());
  }

  #accept(): void {
    const fd = addon().accept(this.#listener!, SOCK_NONBLOCK);
    if (fd < 0) return;
    // A cable has two ends.
    if (this.#pump.attached) addon().close(fd);
    else this.#attach(fd);
  }

  #attach(fd: number): void {
    this.#environment.log(`${this.#url.text}: the other side is there`);
    this.#pump.attach(new StreamWire(fd));
  }

  #lost(): void {
    this.#environment.log(`${this.#url.text}: the other side is gone`);
    if (this.#listener === undefined) this.#retryLater();
  }

  #retryLater(): void {
    const { scheduler } = this.#environment;
    scheduler.at(scheduler.nowNs + retryNs, this.#retry, 0, 0);
  }
}

/** A connected descriptor, or -errno. */
function connect(url: NicUrl): number {
  const fd = unixSocket(url.text);
  const result = addon().connect(fd, unixAddress(url));
  if (result >= 0) return fd;
  addon().close(fd);
  return result;
}

/** Nothing is there, or a socket that nobody listens at any more. */
function isFree(result: number): boolean {
  return result === -errno.ENOENT || result === -errno.ECONNREFUSED;
}

function cannotConnect({ text, target }: NicUrl, result: number): Error {
  const hint = isFree(result)
    ? 'start the other side first, or write mode=listen here'
    : 'it must be a stream socket that you are allowed to write to';
  return nicError(text, `cannot connect to ${target}: ${describeErrno(result)}`, hint);
}

function unixSocket(label: string): number {
  const fd = addon().socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (fd < 0) throw nicError(label, `no socket: ${describeErrno(fd)}`, 'see `ulimit -n`');
  return fd;
}

function unixAddress({ text, target }: NicUrl): Uint8Array {
  const path = new TextEncoder().encode(target);
  if (path.length > pathBytesMax) {
    throw nicError(
      text,
      `the path has ${path.length} bytes`,
      `${pathBytesMax} fit a socket's address`,
    );
  }
  return Uint8Array.from([AF_UNIX, 0, ...path, 0]);
}
