// SPDX-License-Identifier: GPL-2.0-only
/** Calls on paths in the host’s own procfs, sysfs and tmpfs: open, stat, directories, links, mounts. */
import {
  AT_EMPTY_PATH,
  AT_FDCWD,
  AT_REMOVEDIR,
  AT_SYMLINK_NOFOLLOW,
  O_DIRECTORY,
  O_LARGEFILE,
  O_RDONLY,
} from '../constants/files.js';
import { linux_dirent64, stat64 } from '../struct/files.js';
import type { ValueOf } from '../struct/layout.js';
import { descriptor, integer } from './base.js';
import { FileCalls } from './file-calls.js';

/** What stat(2) says of a file. */
export type FileStatus = ValueOf<typeof stat64>;

/** An entry of a directory: getdents(2). */
export interface DirectoryEntry {
  readonly name: string;
  readonly inode: bigint;
  /** `DT_*`. */
  readonly type: number;
}

const directoryBufferBytes = 8192;
const pathBytesMax = 4096;
const fromUtf8 = new TextDecoder();

export class PathCalls extends FileCalls {
  /** open(2): the descriptor. */
  open(path: string, flags: number = O_RDONLY, mode = 0o666): number {
    return this.openat(AT_FDCWD, path, flags, mode);
  }

  /** openat(2): the descriptor. */
  openat(directory: number, path: string, flags: number = O_RDONLY, mode = 0o666): number {
    this.arena.reset();
    const name = this.arena.putText(path);
    const result = this.syscall(
      this.nr.openat,
      descriptor(directory),
      name,
      integer(flags, 'flags') | O_LARGEFILE,
      mode,
    );
    return this.check(result, 'open', { path });
  }

  /** fstat(2). */
  fstat(fd: number): FileStatus {
    this.arena.reset();
    const address = this.arena.take(stat64.sizeof(this.model));
    this.check(this.syscall(this.nr.fstat, descriptor(fd), address), 'fstat');
    return this.load(stat64, address);
  }

  /** stat(2). */
  stat(path: string): FileStatus {
    return this.fstatat(AT_FDCWD, path, 0);
  }

  /** lstat(2). */
  lstat(path: string): FileStatus {
    return this.fstatat(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW);
  }

  /** fstatat(2). */
  fstatat(directory: number, path: string, flags: number): FileStatus {
    this.arena.reset();
    const name = this.arena.putText(path);
    const address = this.arena.take(stat64.sizeof(this.model));
    const result = this.syscall(this.nr.newfstatat, descriptor(directory), name, address, flags);
    this.check(result, flags & AT_EMPTY_PATH ? 'fstat' : 'stat', { path });
    return this.load(stat64, address);
  }

  /** The entries from where the directory stands, in one go; `.` and `..` among them. */
  getdents(fd: number): readonly DirectoryEntry[] {
    this.arena.reset();
    const address = this.arena.take(directoryBufferBytes);
    const length = this.check(
      this.syscall(this.nr.getdents64, descriptor(fd), address, directoryBufferBytes),
      'getdents64',
    );
    const { bytes, base } = this.memory;
    const nameOffset = 19;
    const entries: DirectoryEntry[] = [];
    for (let at = address; at < address + length;) {
      const { d_ino, d_reclen, d_type } = this.load(linux_dirent64, at);
      const start = at - base + nameOffset;
      const name = fromUtf8.decode(bytes.slice(start, bytes.indexOf(0, start)));
      entries.push({ name, inode: d_ino, type: d_type });
      at += d_reclen;
    }
    return entries;
  }

  /** All entries of a directory but `.` and `..`. */
  readDirectory(path: string): readonly DirectoryEntry[] {
    const fd = this.open(path, O_RDONLY | O_DIRECTORY);
    try {
      const entries: DirectoryEntry[] = [];
      while (true) {
        const some = this.getdents(fd);
        if (some.length === 0) return entries;
        entries.push(...some.filter(({ name }) => name !== '.' && name !== '..'));
      }
    } finally {
      this.close(fd);
    }
  }

  /** readlink(2). */
  readlink(path: string): string {
    this.arena.reset();
    const name = this.arena.putText(path);
    const address = this.arena.take(pathBytesMax);
    const length = this.check(
      this.syscall(this.nr.readlinkat, AT_FDCWD, name, address, pathBytesMax),
      'readlink',
      { path },
    );
    return fromUtf8.decode(this.bytesAt(address, length));
  }

  /** symlink(2). */
  symlink(target: string, path: string): void {
    this.arena.reset();
    const to = this.arena.putText(target);
    const at = this.arena.putText(path);
    this.check(this.syscall(this.nr.symlinkat, to, AT_FDCWD, at), 'symlink', { path });
  }

  /** mkdir(2). */
  mkdir(path: string, mode = 0o777): void {
    this.arena.reset();
    const name = this.arena.putText(path);
    this.check(this.syscall(this.nr.mkdirat, AT_FDCWD, name, mode), 'mkdir', { path });
  }

  /** `S_IFCHR`, `S_IFIFO` … in the mode; a device by its numbers. */
  mknod(path: string, mode: number, { major = 0, minor = 0 } = {}): void {
    this.arena.reset();
    const name = this.arena.putText(path);
    const device = (minor & 0xff) | (major << 8) | ((minor & ~0xff) << 12);
    this.check(this.syscall(this.nr.mknodat, AT_FDCWD, name, mode, device), 'mknod', { path });
  }

  /** unlink(2). */
  unlink(path: string): void {
    this.arena.reset();
    const name = this.arena.putText(path);
    this.check(this.syscall(this.nr.unlinkat, AT_FDCWD, name, 0), 'unlink', { path });
  }

  /** rmdir(2). */
  rmdir(path: string): void {
    this.arena.reset();
    const name = this.arena.putText(path);
    this.check(this.syscall(this.nr.unlinkat, AT_FDCWD, name, AT_REMOVEDIR), 'rmdir', { path });
  }

  /** chdir(2). */
  chdir(path: string): void {
    this.arena.reset();
    const name = this.arena.putText(path);
    this.check(this.syscall(this.nr.chdir, name), 'chdir', { path });
  }

  /** getcwd(2). */
  getcwd(): string {
    this.arena.reset();
    const address = this.arena.take(pathBytesMax);
    const length = this.check(this.syscall(this.nr.getcwd, address, pathBytesMax), 'getcwd');
    return fromUtf8.decode(this.bytesAt(address, length - 1));
  }

  /** mount(2). */
  mount(source: string, target: string, type: string, flags = 0, options = ''): void {
    this.arena.reset();
    const [from, to, kind, data] = [source, target, type, options].map((text) =>
      this.arena.putText(text),
    );
    this.check(this.syscall(this.nr.mount, from, to, kind, flags, data), 'mount', { path: target });
  }

  /** umount2(2). */
  umount(target: string, flags = 0): void {
    this.arena.reset();
    const name = this.arena.putText(target);
    this.check(this.syscall(this.nr.umount2, name, flags), 'umount', { path: target });
  }

  /** A whole file as bytes; procfs files have no size, so it is read to its end. */
  readFileBytes(path: string): Uint8Array {
    const fd = this.open(path);
    try {
      const chunks: Uint8Array[] = [];
      const buffer = new Uint8Array(16384);
      for (let n = this.read(fd, buffer); n > 0; n = this.read(fd, buffer))
        chunks.push(buffer.slice(0, n));
      const whole = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0));
      let at = 0;
      for (const chunk of chunks) {
        whole.set(chunk, at);
        at += chunk.byteLength;
      }
      return whole;
    } finally {
      this.close(fd);
    }
  }

  /** The whole of a file of text. */
  readFile(path: string): string {
    return fromUtf8.decode(this.readFileBytes(path));
  }

  /** Opens with `flags`, writes all and closes. Kernel files take a value in one write. */
  writeFile(path: string, data: ArrayBufferView | string, flags: number): void {
    const fd = this.open(path, flags);
    try {
      this.write(fd, data);
    } finally {
      this.close(fd);
    }
  }
}
