// SPDX-License-Identifier: GPL-2.0-only
/** Calls on descriptors: read, write, seek, duplicate, control, close, and the moves between descriptors. */
import {
  F_DUPFD,
  F_DUPFD_CLOEXEC,
  F_GETFD,
  F_GETFL,
  F_OWNER_PID,
  F_SETFD,
  F_SETFL,
  F_SETOWN_EX,
  FD_CLOEXEC,
  O_NONBLOCK,
} from '../constants/files.js';
import { f_owner_ex } from '../struct/files.js';
import { iovec } from '../struct/socket.js';
import {
  bufferOf,
  bytesOf,
  descriptor,
  firstBytes,
  integer,
  ProcessBase,
  sourceOf,
  targetOf,
  type DataSource,
  type DataTarget,
} from './base.js';
import type { HostBuffer } from './host-buffer.js';

/** What one read or write passes at most: a shorter result is theirs to give, and memory in the kernel is dear. */
const transferBytesMax = 256 * 1024;

export class FileCalls extends ProcessBase {
  /** Reads into `buffer`: the bytes read, 0 at the end. */
  read(fd: number, buffer: DataTarget): number {
    return this.check(this.tryRead(fd, targetOf(buffer)), 'read');
  }

  protected tryRead(fd: number, buffer: Uint8Array | HostBuffer): number {
    this.arena.reset();
    const length = Math.min(buffer.byteLength, transferBytesMax);
    const address = this.place(buffer, length);
    const result = this.syscall(this.nr.read, descriptor(fd), address, length);
    this.fetch(buffer, address, result);
    return result;
  }

  /** write(2): the count of bytes written. */
  write(fd: number, data: DataSource): number {
    return this.check(this.tryWrite(fd, sourceOf(data)), 'write');
  }

  protected tryWrite(fd: number, data: Uint8Array | HostBuffer): number {
    this.arena.reset();
    const some = firstBytes(data, transferBytesMax);
    const address = this.put(some);
    return this.syscall(this.nr.write, descriptor(fd), address, some.byteLength);
  }

  /** pread(2): the count of bytes read, 0 at the end. */
  pread(fd: number, buffer: ArrayBufferView, position: number): number {
    const target = bufferOf(buffer);
    this.arena.reset();
    const address = this.arena.take(target.byteLength);
    const offset = this.wide(position);
    const result = this.syscall(
      this.nr.pread64,
      descriptor(fd),
      address,
      target.byteLength,
      ...offset,
    );
    this.fetch(target, address, result);
    return this.check(result, 'pread');
  }

  /** pwrite(2): the count of bytes written. */
  pwrite(fd: number, data: ArrayBufferView | string, position: number): number {
    const source = bytesOf(data);
    this.arena.reset();
    const address = this.arena.put(source);
    const offset = this.wide(position);
    return this.check(
      this.syscall(this.nr.pwrite64, descriptor(fd), address, source.byteLength, ...offset),
      'pwrite',
    );
  }

  /** readv(2): the count of bytes read, 0 at the end. */
  readv(fd: number, buffers: readonly ArrayBufferView[]): number {
    return this.check(this.tryReadv(fd, buffers.map(bufferOf)), 'readv');
  }

  protected tryReadv(fd: number, targets: readonly Uint8Array[]): number {
    this.arena.reset();
    const { address, parts } = this.vector(targets);
    const result = this.syscall(this.nr.readv, descriptor(fd), address, targets.length);
    this.scatter(targets, parts, result);
    return result;
  }

  /** writev(2): the count of bytes written. */
  writev(fd: number, data: readonly (ArrayBufferView | string)[]): number {
    return this.check(this.tryWritev(fd, data.map(bytesOf)), 'writev');
  }

  protected tryWritev(fd: number, sources: readonly Uint8Array[]): number {
    this.arena.reset();
    const { address, parts } = this.vector(sources);
    this.gather(sources, parts);
    return this.syscall(this.nr.writev, descriptor(fd), address, sources.length);
  }

  /** An array of `iovec`s for buffers of these sizes. */
  protected vector(buffers: readonly Uint8Array[]): { address: number; parts: readonly number[] } {
    const size = iovec.sizeof(this.model);
    const address = this.arena.take(size * buffers.length);
    const parts = buffers.map((buffer) => this.arena.take(buffer.byteLength));
    buffers.forEach((buffer, i) =>
      this.fill(iovec, address + i * size, {
        iov_base: parts[i]!,
        iov_len: buffer.byteLength,
      }),
    );
    return { address, parts };
  }

  /** Copies each source into its part of a vector. */
  protected gather(sources: readonly Uint8Array[], parts: readonly number[]): void {
    const { bytes, base } = this.memory;
    sources.forEach((source, i) => bytes.set(source, parts[i]! - base));
  }

  /** Distributes `length` received bytes over buffers. */
  protected scatter(
    buffers: readonly Uint8Array[],
    parts: readonly number[],
    length: number,
  ): void {
    let rest = length;
    for (const [i, buffer] of buffers.entries()) {
      if (rest <= 0) return;
      this.fetch(buffer, parts[i]!, Math.min(rest, buffer.byteLength));
      rest -= buffer.byteLength;
    }
  }

  /** `SEEK_*`; the new position. */
  lseek(fd: number, offset: number, whence: number): number {
    if (this.model.wordBytes === 8) {
      return this.check(this.syscall(this.nr.lseek, descriptor(fd), offset, whence), 'lseek');
    }
    this.arena.reset();
    const address = this.arena.take(8);
    const high = Math.floor(offset / 0x100000000) | 0;
    this.check(
      this.syscall(this.nr.lseek, descriptor(fd), high, offset | 0, address, whence),
      'lseek',
    );
    return Number(this.memory.view.getBigInt64(address - this.memory.base, true));
  }

  /** close(2): all who wait on the descriptor end with EBADF. */
  close(fd: number): void {
    this.blocking.closing(descriptor(fd));
    this.check(this.syscall(this.nr.close, fd), 'close');
  }

  /** Closes every descriptor from `first` to `last`. */
  closeRange(first: number, last = 0x7fffffff): void {
    this.blocking.closing(descriptor(first), descriptor(last));
    this.check(this.syscall(this.nr.close_range, first, last, 0), 'close_range');
  }

  /** dup(2): the lowest free descriptor. */
  dup(fd: number): number {
    return this.check(this.syscall(this.nr.dup, descriptor(fd)), 'dup');
  }

  /** As dup2(2): `dup2(fd, fd)` only checks that it is open. */
  dup2(fd: number, target: number): number {
    if (fd === target) {
      this.fcntl(fd, F_GETFD);
      return target;
    }
    this.blocking.closing(descriptor(target));
    return this.check(this.syscall(this.nr.dup3, descriptor(fd), target, 0), 'dup2');
  }

  /** dup3(2). */
  dup3(fd: number, target: number, flags = 0): number {
    if (fd !== target) this.blocking.closing(descriptor(target));
    return this.check(
      this.syscall(this.nr.dup3, descriptor(fd), descriptor(target), flags),
      'dup3',
    );
  }

  /** Commands whose argument is a number; locks and owners have calls of their own. */
  fcntl(fd: number, command: number, argument = 0): number {
    return this.check(
      this.syscall(
        this.nr.fcntl,
        descriptor(fd),
        integer(command, 'a command'),
        integer(argument, 'an argument'),
      ),
      'fcntl',
    );
  }

  /** Who gets SIGIO and SIGURG of a descriptor: a process by its pid (`F_OWNER_PID`) or a group. */
  setOwner(fd: number, pid: number, type: number = F_OWNER_PID): void {
    this.arena.reset();
    const at = this.store(f_owner_ex, { type, pid });
    this.check(this.syscall(this.nr.fcntl, descriptor(fd), F_SETOWN_EX, at), 'fcntl');
  }

  /** A duplicate numbered `lowest` or more. */
  dupFrom(fd: number, lowest: number, { closeOnExec = false } = {}): number {
    return this.fcntl(fd, closeOnExec ? F_DUPFD_CLOEXEC : F_DUPFD, lowest);
  }

  /** Whether O_NONBLOCK is set: fcntl(2), F_GETFL. */
  isNonBlocking(fd: number): boolean {
    return (this.fcntl(fd, F_GETFL) & O_NONBLOCK) !== 0;
  }

  /** O_NONBLOCK: fcntl(2). */
  setNonBlocking(fd: number, nonBlocking = true): void {
    const flags = this.fcntl(fd, F_GETFL);
    this.fcntl(fd, F_SETFL, nonBlocking ? flags | O_NONBLOCK : flags & ~O_NONBLOCK);
  }

  /** FD_CLOEXEC: fcntl(2). */
  setCloseOnExec(fd: number, close = true): void {
    this.fcntl(fd, F_SETFD, close ? FD_CLOEXEC : 0);
  }

  /** `[read end, write end]`. */
  pipe(flags = 0): readonly [number, number] {
    this.arena.reset();
    const address = this.arena.take(8);
    this.check(this.syscall(this.nr.pipe2, address, integer(flags, 'flags')), 'pipe2');
    return this.pair(address);
  }

  protected pair(address: number): readonly [number, number] {
    return [this.intAt(address), this.intAt(address + 4)];
  }

  /** Moves up to `length` bytes between a pipe and a descriptor. Offsets are of files that can seek. */
  splice(
    from: number,
    to: number,
    length: number,
    options: {
      readonly fromOffset?: number;
      readonly toOffset?: number;
      readonly flags?: number;
    } = {},
  ): number {
    return this.check(this.trySplice(from, to, length, options), 'splice');
  }

  protected trySplice(
    from: number,
    to: number,
    length: number,
    {
      fromOffset,
      toOffset,
      flags = 0,
    }: { readonly fromOffset?: number; readonly toOffset?: number; readonly flags?: number },
  ): number {
    this.arena.reset();
    const source = this.offset(fromOffset);
    const target = this.offset(toOffset);
    return this.syscall(
      this.nr.splice,
      descriptor(from),
      source,
      descriptor(to),
      target,
      length,
      flags,
    );
  }

  /** Copies from pipe to pipe without taking. */
  tee(from: number, to: number, length: number, flags = 0): number {
    return this.check(this.tryTee(from, to, length, flags), 'tee');
  }

  protected tryTee(from: number, to: number, length: number, flags: number): number {
    return this.syscall(this.nr.tee, descriptor(from), descriptor(to), length, flags);
  }

  /** From a file (at `offset`, or where it stands) to a descriptor. */
  sendfile(to: number, from: number, length: number, offset?: number): number {
    return this.check(this.trySendfile(to, from, length, offset), 'sendfile');
  }

  protected trySendfile(to: number, from: number, length: number, offset?: number): number {
    this.arena.reset();
    const at = this.offset(offset);
    return this.syscall(this.nr.sendfile, descriptor(to), descriptor(from), at, length);
  }

  protected offset(value: number | undefined): number {
    if (value === undefined) return 0;
    const address = this.arena.take(8);
    this.memory.view.setBigInt64(address - this.memory.base, BigInt(value), true);
    return address;
  }

  /** fsync(2). */
  fsync(fd: number): void {
    this.check(this.syscall(this.nr.fsync, descriptor(fd)), 'fsync');
  }

  /** ftruncate(2); the length is in bytes. */
  ftruncate(fd: number, length: number): void {
    this.check(this.syscall(this.nr.ftruncate, descriptor(fd), ...this.wide(length)), 'ftruncate');
  }
}
