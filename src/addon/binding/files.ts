// SPDX-License-Identifier: GPL-2.0-only

/**
 * native/addon/files.c: system calls on descriptors. Every function returns what its call returns, a failure as
 * -errno; arguments of the wrong kind throw. Descriptors made here are closed on exec. An address is one of this
 * process, below 2^53, for instance of a native kernel's memory: nobody checks it.
 */
export interface FilesBinding {
  read(fd: number, bytes: Uint8Array, offset: number, lengthBytes: number): number;
  write(fd: number, bytes: Uint8Array, offset: number, lengthBytes: number): number;
  pread(fd: number, bytes: Uint8Array, offset: number, lengthBytes: number, at: number): number;
  pwrite(fd: number, bytes: Uint8Array, offset: number, lengthBytes: number, at: number): number;
  readMemory(fd: number, address: number, lengthBytes: number): number;
  writeMemory(fd: number, address: number, lengthBytes: number): number;
  /** `ranges` holds address, length, address, length …; `count` of them are used, 64 at most. */
  readVector(fd: number, ranges: Float64Array, count: number): number;
  writeVector(fd: number, ranges: Float64Array, count: number): number;
  /** `O_CLOEXEC` is added. */
  open(path: string, flags: number, mode: number): number;
  close(fd: number): number;
  /** For commands whose argument is a number: F_GETFL, F_SETFL, F_DUPFD_CLOEXEC, F_SETPIPE_SZ … */
  fcntl(fd: number, command: number, argument: number): number;
  pipe(flags: number, fds: Int32Array): number;
  eventfd(initial: number, flags: number): number;
  memfd(name: string, flags: number): number;
  truncate(fd: number, lengthBytes: number): number;
  /** `st_ino`. */
  inode(fd: number): number;
  /** Fills `fields` with st_dev, st_ino, st_mode and st_size. */
  status(fd: number, fields: Float64Array): number;
  /** With a structure as its argument. */
  ioctl(fd: number, request: number, argument: Uint8Array): number;
  /** With a number as its argument. */
  ioctlNumber(fd: number, request: number, argument: number): number;
  /** The int that the call gives (FIONREAD, SIOCOUTQ …), or -errno. */
  ioctlValue(fd: number, request: number): number;
}
