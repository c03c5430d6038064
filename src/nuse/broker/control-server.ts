// SPDX-License-Identifier: GPL-2.0-only

/**
 * The broker's control socket: takes connections of its own user, cuts what they send into frames and hands those
 * on. Whoever sends something malformed is told so and loses its connection; nothing else happens.
 */
import { chmodSync, unlinkSync } from 'node:fs';
import { addon } from '../../addon/addon.js';
import { EPOLLIN, type Reactor, type Watch } from '../../native/reactor.js';
import { errno, SystemError } from '../../posix/index.js';
import { LibosError } from '../../errors.js';
import { encodeFrame, FrameReader, kinds, ProtocolError, type Frame } from './protocol.js';

const AF_UNIX = 1;
const SOCK_STREAM = 1;
const SOCK_NONBLOCK = 0x800;
const SOL_SOCKET = 1;
const SO_PEERCRED = 17;
const backlog = 128;

const buffer = new Uint8Array(65_536);

/** One program or command on the other side. */
export class Connection {
  /** Its process, as Linux says. */
  readonly pid: number;
  readonly uid: number;
  /** The name that it gave in its HELLO. */
  name: string | undefined;
  readonly #fd: number;
  readonly #watch: Watch;
  readonly #reader = new FrameReader();
  readonly #owner: ConnectionOwner;
  #closed = false;

  constructor(fd: number, reactor: Reactor, owner: ConnectionOwner) {
    this.#fd = fd;
    this.#owner = owner;
    const credentials = new Uint8Array(12);
    addon().getSocketOption(fd, SOL_SOCKET, SO_PEERCRED, credentials);
    const view = new DataView(credentials.buffer);
    this.pid = view.getInt32(0, true);
    this.uid = view.getUint32(4, true);
    this.#watch = reactor.watch(fd, EPOLLIN, () => this.#receive());
  }

  /** Frames are small and answer one of the peer's each: one that does not fit is for nobody who reads. */
  send(frame: Uint8Array): void {
    if (this.#closed) return;
    const sent = addon().send(this.#fd, frame, 0, frame.length, 0);
    if (sent !== frame.length) this.close();
  }

  /** Says why, and ends it. */
  refuse(line: string): void {
    this.send(encodeFrame(kinds.ERROR, line));
    this.close();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#watch.close();
    addon().close(this.#fd);
    this.#owner.closed(this);
  }

  #receive(): void {
    const length = addon().receive(this.#fd, buffer, 0, buffer.length, 0);
    if (length === -errno.EAGAIN || length === -errno.EINTR) return;
    if (length <= 0) {
      this.close();
      return;
    }
    try {
      for (const frame of this.#reader.push(buffer.slice(0, length))) {
        this.#owner.frame(this, frame);
        if (this.#closed) return;
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#owner.malformed(this, error);
      this.refuse(error.message);
    }
  }
}

/** Who keeps a connection. */
interface ConnectionOwner {
  frame(connection: Connection, frame: Frame): void;
  malformed(connection: Connection, error: ProtocolError): void;
  closed(connection: Connection): void;
}

export interface ControlServerOptions {
  readonly path: string;
  /** The only user who may connect. */
  readonly uid: number;
  readonly reactor: Reactor;
  /** May throw a ProtocolError. */
  readonly onFrame: (connection: Connection, frame: Frame) => void;
  readonly log: (line: string) => void;
}

export class ControlServer {
  readonly #options: ControlServerOptions;
  readonly #fd: number;
  readonly #watch: Watch;
  readonly #connections = new Set<Connection>();
  #stopped = false;

  /** Throws ERR_LIBOS_HOST_UP when another process serves the path. */
  constructor(options: ControlServerOptions) {
    this.#options = options;
    this.#fd = open(options.path);
    this.#watch = options.reactor.watch(this.#fd, EPOLLIN, () => this.#accept());
  }

  /** Takes nobody any more; those who are connected stay. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    unlinkSync(this.#options.path);
    this.#watch.close();
    addon().close(this.#fd);
  }

  close(): void {
    this.stop();
    for (const connection of [...this.#connections]) connection.close();
  }

  #accept(): void {
    const fd = addon().accept(this.#fd, SOCK_NONBLOCK);
    // Whoever connected may have gone again.
    if (fd < 0) return;
    const { reactor, uid, log, onFrame } = this.#options;
    const connection = new Connection(fd, reactor, {
      frame: onFrame,
      malformed: ({ pid }, error) => log(`process ${pid} is cut off: ${error.message}`),
      closed: (closed) => void this.#connections.delete(closed),
    });
    this.#connections.add(connection);
    if (connection.uid !== uid) connection.refuse(`only user ${uid} may use this host`);
  }
}

function open(path: string): number {
  const fd = check(addon().socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0), 'socket');
  const address = socketAddress(path);
  let result = addon().bind(fd, address);
  if (result === -errno.EADDRINUSE && !isServed(address)) {
    unlinkSync(path);
    result = addon().bind(fd, address);
  }
  if (result === -errno.EADDRINUSE) {
    addon().close(fd);
    throw new LibosError('ERR_LIBOS_HOST_UP', `another broker serves ${path}`, {
      hint: '`libos status` says what runs, `libos down` ends it',
    });
  }
  check(result, 'bind');
  chmodSync(path, 0o600);
  check(addon().listen(fd, backlog), 'listen');
  return fd;
}

function isServed(address: Uint8Array): boolean {
  const fd = check(addon().socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0), 'socket');
  const result = addon().connect(fd, address);
  addon().close(fd);
  return result !== -errno.ECONNREFUSED;
}

function socketAddress(path: string): Uint8Array {
  const name = new TextEncoder().encode(path);
  if (name.length > 107) {
    throw new LibosError('ERR_LIBOS_RUNTIME_FOLDER', `${path} is too long for a socket`, {
      hint: 'set XDG_RUNTIME_DIR to a shorter path',
    });
  }
  const address = new Uint8Array(2 + name.length + 1);
  new DataView(address.buffer).setUint16(0, AF_UNIX, true);
  address.set(name, 2);
  return address;
}

function check(result: number, syscall: string): number {
  if (result < 0) throw new SystemError(result, syscall);
  return result;
}
