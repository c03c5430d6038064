// SPDX-License-Identifier: GPL-2.0-only
/** Calls that make, name, join and end sockets. Moving data and options have their own files. */
import {
  readSocketAddress,
  socketAddressBytesMax,
  writeSocketAddress,
  addressDetails,
  type SocketAddress,
} from '../socket-address.js';
import { errno } from '../errno.js';
import { descriptor, integer } from './base.js';
import { isWaiting } from './blocking.js';
import { PathCalls } from './path-calls.js';

/** What accept(2) gives: a descriptor and the address of the other end. */
export interface Accepted {
  readonly fd: number;
  /** Undefined where the peer has no name. */
  readonly address: SocketAddress | undefined;
}

export class SocketCalls extends PathCalls {
  #addressAt = 0;

  /** socket(2): the descriptor. */
  socket(family: number, type: number, protocol = 0): number {
    return this.check(
      this.syscall(
        this.nr.socket,
        integer(family, 'a family'),
        integer(type, 'a type'),
        integer(protocol, 'a protocol'),
      ),
      'socket',
    );
  }

  /** socketpair(2): both descriptors. */
  socketpair(family: number, type: number, protocol = 0): readonly [number, number] {
    this.arena.reset();
    const address = this.arena.take(8);
    this.check(
      this.syscall(this.nr.socketpair, integer(family, 'a family'), type, protocol, address),
      'socketpair',
    );
    return this.pair(address);
  }

  /** bind(2). */
  bind(fd: number, address: SocketAddress): void {
    this.arena.reset();
    const [at, length] = this.putAddress(address);
    this.check(
      this.syscall(this.nr.bind, descriptor(fd), at, length),
      'bind',
      addressDetails(address),
    );
  }

  /** listen(2). */
  listen(fd: number, backlog = 4096): void {
    this.check(
      this.syscall(this.nr.listen, descriptor(fd), integer(backlog, 'a backlog')),
      'listen',
    );
  }

  /** accept4(2); EAGAIN when nobody has come. */
  accept(fd: number, flags = 0): Accepted {
    const accepted = this.check(this.tryAccept(fd, flags), 'accept');
    return { fd: accepted, address: this.acceptedAddress() };
  }

  /** The address that the last tryAccept or tryReceive left; read it before the next call. */
  protected acceptedAddress(): SocketAddress | undefined {
    return this.takenAddress(this.#addressAt);
  }

  protected tryAccept(fd: number, flags: number): number {
    this.arena.reset();
    const at = this.lengthAndAddress();
    this.#addressAt = at;
    return this.syscall(this.nr.accept4, descriptor(fd), at + 4, at, integer(flags, 'flags'));
  }

  /** On a socket that blocks, and whose peer does not answer at once, this says EINPROGRESS as non-blocking ones do. */
  connect(fd: number, address: SocketAddress): void {
    const result = this.tryConnect(fd, address);
    const underWay = isWaiting(result) ? -errno.EINPROGRESS : result;
    if (underWay < 0) throw this.failure(underWay, 'connect', addressDetails(address));
  }

  protected tryConnect(fd: number, address: SocketAddress): number {
    this.arena.reset();
    const [at, length] = this.putAddress(address);
    return this.syscall(this.nr.connect, descriptor(fd), at, length);
  }

  /** `SHUT_*`. */
  shutdown(fd: number, how: number): void {
    this.check(this.syscall(this.nr.shutdown, descriptor(fd), integer(how, 'how')), 'shutdown');
  }

  /** An unbound socket has a name too: the unspecified address of its family. */
  getsockname(fd: number): SocketAddress | undefined {
    this.arena.reset();
    const at = this.lengthAndAddress();
    this.check(this.syscall(this.nr.getsockname, descriptor(fd), at + 4, at), 'getsockname');
    return this.takenAddress(at);
  }

  /** getpeername(2); ENOTCONN without a connection. */
  getpeername(fd: number): SocketAddress | undefined {
    this.arena.reset();
    const at = this.lengthAndAddress();
    this.check(this.syscall(this.nr.getpeername, descriptor(fd), at + 4, at), 'getpeername');
    return this.takenAddress(at);
  }

  /** As lengthAndAddress, for what `acceptedAddress` is to read. */
  protected addressToKeep(): number {
    this.#addressAt = this.lengthAndAddress();
    return this.#addressAt;
  }

  /** A length word with room for an address after it. */
  protected lengthAndAddress(): number {
    const at = this.arena.take(socketAddressBytesMax + 4);
    this.setInt(at, socketAddressBytesMax);
    return at;
  }

  protected takenAddress(at: number): SocketAddress | undefined {
    return this.addressAt(at + 4, this.intAt(at));
  }

  protected addressAt(at: number, lengthBytes: number): SocketAddress | undefined {
    return readSocketAddress(this.memory.view, at - this.memory.base, lengthBytes);
  }

  protected putAddress(address: SocketAddress): readonly [address: number, length: number] {
    const at = this.arena.take(socketAddressBytesMax);
    return [at, writeSocketAddress(this.memory.view, at - this.memory.base, address)];
  }
}
