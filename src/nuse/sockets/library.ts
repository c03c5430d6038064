// SPDX-License-Identifier: GPL-2.0-only

/**
 * The way into the library's kernel for all sockets of a host: one process there owns them all, and one piece of
 * kernel memory holds what a call passes. Calls run to completion, so that memory serves one at a time and nobody
 * keeps an address of it. Nothing here waits: a call that would says EAGAIN.
 */
import { errno, SystemError, type PosixHost, type Process, type Watch } from '../../posix/index.js';
import { callNumbers, lp64, type CallNumbers } from '../../posix/index.js';
import { RLIMIT_NOFILE, SIGURG, SOCK_CLOEXEC, SOCK_NONBLOCK } from '../../posix/index.js';

/** A socket address at most (struct sockaddr_storage). */
export const addressBytesMax = 128;
/** What one step of a pump or one message carries at most; one more is for the byte that stays in a pair. */
export const dataBytesMax = 1024 * 1024;
/** net.core.optmem_max, which bounds control messages. */
export const controlBytesMax = 128 * 1024;
export const messageHeaderBytes = 56;
/** Flags of every descriptor in the library. */
export const libraryFlags = SOCK_NONBLOCK | SOCK_CLOEXEC;

const descriptorsMax = 1_048_576n;
/** Linux's own results for "this waits" (ERESTARTSYS and its kin). */
const waitsFrom = -516;
const waitsTo = -512;

/** Where things lie in a struct msghdr of LP64. */
export const MessageHeader = {
  name: 0,
  nameLength: 8,
  vector: 16,
  vectorLength: 24,
  control: 32,
  controlLength: 40,
  flags: 48,
} as const;

export class Library {
  readonly process: Process;
  readonly nr: CallNumbers = callNumbers(lp64);
  /** Kernel addresses of the parts of the memory for arguments. */
  readonly name: number;
  readonly length: number;
  readonly header: number;
  readonly vector: number;
  readonly control: number;
  readonly data: number;
  /** Set when urgent data may have come to any socket; who has looked at all of them clears it. */
  onUrgent: () => void = () => undefined;
  readonly #base: number;

  constructor(posix: PosixHost) {
    this.process = posix.spawn();
    this.process.setLimit(RLIMIT_NOFILE, { soft: descriptorsMax, hard: descriptorsMax });
    this.process.onSignal(SIGURG, () => this.onUrgent(), { restart: true });
    this.#base = (this.process.port.memory as { readonly base?: number }).base ?? 0;
    const small = this.allocate(1024);
    this.name = small;
    this.length = small + addressBytesMax;
    this.header = this.length + 16;
    this.vector = this.header + 64;
    this.control = this.allocate(controlBytesMax);
    this.data = this.allocate(dataBytesMax + 4096);
  }

  /** Kernel memory of one's own. Throws ENOMEM. */
  allocate(sizeBytes: number): number {
    const address = this.process.port.alloc(sizeBytes);
    if (address === 0) throw new SystemError(errno.ENOMEM, 'alloc');
    return address;
  }

  free(address: number): void {
    this.process.port.free(address);
  }

  /** A view of kernel memory, good until the next call into the kernel. */
  bytes(address: number, lengthBytes: number): Uint8Array {
    const at = address - this.#base;
    return this.process.port.memory.bytes.subarray(at, at + lengthBytes);
  }

  copy(to: number, from: number, lengthBytes: number): void {
    const at = from - this.#base;
    this.process.port.memory.bytes.copyWithin(to - this.#base, at, at + lengthBytes);
  }

  getU32(address: number): number {
    return this.process.port.memory.view.getUint32(address - this.#base, true);
  }

  getS32(address: number): number {
    return this.process.port.memory.view.getInt32(address - this.#base, true);
  }

  setU32(address: number, value: number): void {
    this.process.port.memory.view.setUint32(address - this.#base, value, true);
  }

  /** A value below 2^53 into 64 bits. */
  setU64(address: number, value: number): void {
    this.setU32(address, value % 2 ** 32);
    this.setU32(address + 4, Math.floor(value / 2 ** 32));
  }

  getU64(address: number): number {
    return this.getU32(address) + this.getU32(address + 4) * 2 ** 32;
  }

  /** A system call: its result or a negative errno, -EAGAIN where it would wait. */
  call(number: number, a = 0, b = 0, c = 0, d = 0, e = 0, f = 0): number {
    const result = this.process.syscall(number, a, b, c, d, e, f);
    return result <= waitsTo && result >= waitsFrom ? -errno.EAGAIN : result;
  }

  /** The handlers of signals that Linux has reported run now, and not at the end of the batch. */
  takeSignals(): void {
    this.process.deliverSignals();
  }

  watch(fd: number, events: number, callback: (events: number) => void): Watch {
    return this.process.watch(fd, events, callback);
  }

  /** The `EPOLL*` bits of `events` that hold now, and ERR and HUP. */
  poll(fd: number, events: number): number {
    const at = this.vector;
    this.setU32(at, fd);
    this.setU32(at + 4, events);
    this.setU64(at + 16, 0);
    this.setU64(at + 24, 0);
    const result = this.call(this.nr.ppoll, at, 1, at + 16, 0, 8);
    return result > 0 ? this.getU32(at + 4) >>> 16 : 0;
  }

  close(fd: number): void {
    this.call(this.nr.close, fd);
  }

  /** `st_ino` of a descriptor's file. */
  inodeOf(fd: number): number {
    this.call(this.nr.fstat, fd, this.vector);
    return this.getU64(this.vector + 8);
  }

  /** Sets an option that is one or more ints. */
  setOption(fd: number, level: number, name: number, ...values: number[]): number {
    values.forEach((value, index) => this.setU32(this.name + 4 * index, value));
    return this.call(this.nr.setsockopt, fd, level, name, this.name, 4 * values.length);
  }

  /** An option that is an int, or a negative errno. */
  getOption(fd: number, level: number, name: number): number {
    this.setU32(this.length, 4);
    const result = this.call(this.nr.getsockopt, fd, level, name, this.name, this.length);
    return result < 0 ? result : this.getS32(this.name);
  }

  /** Lays out a struct msghdr of one piece of data for the next sendmsg or recvmsg. */
  layOut(nameLength: number, dataLength: number, controlLength: number, data = this.data): number {
    const { header } = this;
    this.setU64(this.vector, data);
    this.setU64(this.vector + 8, dataLength);
    this.setU64(header + MessageHeader.name, nameLength < 0 ? 0 : this.name);
    this.setU64(header + MessageHeader.nameLength, Math.max(0, nameLength));
    this.setU64(header + MessageHeader.vector, this.vector);
    this.setU64(header + MessageHeader.vectorLength, 1);
    this.setU64(header + MessageHeader.control, controlLength === 0 ? 0 : this.control);
    this.setU64(header + MessageHeader.controlLength, controlLength);
    this.setU64(header + MessageHeader.flags, 0);
    return header;
  }
}
