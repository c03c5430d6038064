// SPDX-License-Identifier: GPL-2.0-only
/** getsockopt, setsockopt and ioctl: typed where the value has a type here, and as bytes for the rest. */
import {
  FIONREAD,
  SIOCATMARK,
  SIOCGIFCONF,
  SIOCGIFNAME,
  SIOCOUTQ,
} from '../constants/interface.js';
import { SO_ATTACH_FILTER, SO_DETACH_FILTER, SOL_SOCKET } from '../constants/socket.js';
import { ifconf, ifreq_addr, ifreq_data, ifreq_int } from '../struct/interface.js';
import type { StructType, ValueOf } from '../struct/layout.js';
import { sock_filter, sock_fprog } from '../struct/socket.js';
import type { SocketOption } from '../socket-options.js';
import { bytesOf, descriptor, integer } from './base.js';
import { MessageCalls } from './message-calls.js';

/** An instruction of a classic BPF program. */
export type FilterInstruction = ValueOf<typeof sock_filter>;
export type InterfaceRequest = ValueOf<typeof ifreq_addr>;

export class OptionCalls extends MessageCalls {
  /** The option’s bytes, as many as Linux gives and at most `lengthBytes`. */
  getsockopt(fd: number, level: number, name: number, lengthBytes = 4): Uint8Array {
    this.arena.reset();
    const length = this.arena.take(4);
    const value = this.arena.take(lengthBytes);
    this.setInt(length, integer(lengthBytes, 'lengthBytes'));
    this.check(
      this.syscall(
        this.nr.getsockopt,
        descriptor(fd),
        integer(level, 'a level'),
        integer(name, 'a name'),
        value,
        length,
      ),
      'getsockopt',
    );
    return this.bytesAt(value, this.intAt(length));
  }

  /** A number is set as an `int`. */
  setsockopt(
    fd: number,
    level: number,
    name: number,
    value: number | ArrayBufferView | string,
  ): void {
    const bytes =
      typeof value === 'number'
        ? new Uint8Array(Int32Array.of(integer(value, 'an option')).buffer)
        : bytesOf(value);
    this.arena.reset();
    const at = this.arena.put(bytes);
    this.check(
      this.syscall(
        this.nr.setsockopt,
        descriptor(fd),
        integer(level, 'a level'),
        integer(name, 'a name'),
        at,
        bytes.byteLength,
      ),
      'setsockopt',
    );
  }

  /** `process.getOption(fd, socketOptions.tcpInfo)`. */
  getOption<T, U>(fd: number, option: SocketOption<T, U>): U {
    return option.decode(
      this.getsockopt(fd, option.level, option.name, option.lengthBytes),
      this.model,
    );
  }

  /** setsockopt(2), with the value as the option has it. */
  setOption<T, U>(fd: number, option: SocketOption<T, U>, value: T): void {
    this.setsockopt(fd, option.level, option.name, option.encode(value, this.model));
  }

  /** A classic BPF filter, before packets are queued. */
  attachFilter(fd: number, program: readonly FilterInstruction[]): void {
    this.arena.reset();
    const size = sock_filter.sizeof(this.model);
    const filter = this.arena.take(size * program.length);
    program.forEach((instruction, i) => this.fill(sock_filter, filter + i * size, instruction));
    const at = this.store(sock_fprog, { len: program.length, filter });
    const length = sock_fprog.sizeof(this.model);
    this.check(
      this.syscall(this.nr.setsockopt, descriptor(fd), SOL_SOCKET, SO_ATTACH_FILTER, at, length),
      'setsockopt',
    );
  }

  /** SO_DETACH_FILTER: socket(7). */
  detachFilter(fd: number): void {
    this.setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, 0);
  }

  /** With a number or an address in the kernel as its argument. */
  ioctl(fd: number, request: number, argument = 0): number {
    return this.check(this.syscall(this.nr.ioctl, descriptor(fd), request | 0, argument), 'ioctl');
  }

  /** A request whose argument is a structure that Linux reads, writes or both: the structure afterwards. */
  ioctlWith<T>(fd: number, request: number, type: StructType<T>, value: T): T {
    this.arena.reset();
    const at = this.store(type, value);
    this.ioctl(fd, request, at);
    return this.load(type, at);
  }

  /** A request about an interface whose argument hangs on a pointer, as those of tunnels do. */
  ioctlWithData<T>(fd: number, request: number, name: string, type: StructType<T>, value: T): T {
    this.arena.reset();
    const data = this.store(type, value);
    const at = this.store(ifreq_data, { ifr_name: name, ifr_data: data });
    this.ioctl(fd, request, at);
    return this.load(type, data);
  }

  /** A request whose argument is a name: those that make and remove bridges. */
  ioctlWithName(fd: number, request: number, name: string): void {
    this.arena.reset();
    this.ioctl(fd, request, this.arena.putText(name));
  }

  /** A request that gives an `int`. */
  ioctlInt(fd: number, request: number, value = 0): number {
    this.arena.reset();
    const at = this.arena.take(4);
    this.setInt(at, value);
    this.ioctl(fd, request, at);
    return this.intAt(at);
  }

  /** Bytes that can be read without waiting. */
  bytesToRead(fd: number): number {
    return this.ioctlInt(fd, FIONREAD);
  }

  /** Bytes sent and not yet acknowledged. */
  bytesUnsent(fd: number): number {
    return this.ioctlInt(fd, SIOCOUTQ);
  }

  /** sockatmark(3). */
  atUrgentMark(fd: number): boolean {
    return this.ioctlInt(fd, SIOCATMARK) !== 0;
  }

  /** The interfaces that have an IPv4 address, as SIOCGIFCONF tells. */
  interfaceAddresses(fd: number): readonly InterfaceRequest[] {
    this.arena.reset();
    const room = 64;
    const size = ifreq_addr.sizeof(this.model);
    const buffer = this.arena.take(room * size);
    const at = this.store(ifconf, { ifc_len: room * size, ifc_buf: buffer });
    this.ioctl(fd, SIOCGIFCONF, at);
    const { ifc_len } = this.load(ifconf, at);
    return Array.from({ length: ifc_len / size }, (_, i) =>
      this.load(ifreq_addr, buffer + i * size),
    );
  }

  /** if_indextoname(3). */
  interfaceName(fd: number, index: number): string {
    return this.ioctlWith(fd, SIOCGIFNAME, ifreq_int, { ifr_name: '', ifr_ifindex: index })
      .ifr_name;
  }
}
