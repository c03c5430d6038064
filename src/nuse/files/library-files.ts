// SPDX-License-Identifier: GPL-2.0-only

/**
 * Files that programs see of the library's host: /proc/net, /proc/sys/net, /sys/class/net and the configuration of
 * names in /etc. An open of one is answered with a descriptor of the machine's that has the content as of then;
 * every other open goes on.
 */
import { fchmodSync } from 'node:fs';
import { addon } from '../../addon/addon.js';
import type { Reactor } from '../../native/reactor.js';
import {
  errno,
  O_ACCMODE,
  O_CLOEXEC,
  O_CREAT,
  O_DIRECTORY,
  O_EXCL,
  O_NONBLOCK,
  O_PATH,
  O_RDONLY,
  O_RDWR,
  O_WRONLY,
  SystemError,
  type PosixHost,
  type Process,
} from '../../posix/index.js';
import type { Call, CallHandlers } from '../call.js';
import { isSocketList, renumberList, type Inodes } from '../sockets/inodes.js';
import { Mirror } from './mirror.js';
import { readOpen } from './opened-path.js';
import { isOurs, libraryPath } from './patterns.js';
import { WriteSink } from './write-sink.js';

const S_IFMT = 0o170000;
const S_IFDIR = 0o040000;

export interface LibraryFilesOptions {
  readonly posix: PosixHost;
  readonly reactor: Reactor;
  /** Contents of files in /etc as they are now; those not in it are the machine's. */
  readonly etc: () => Readonly<Record<string, string>>;
  /** Which of the machine's inodes programs' sockets have. */
  readonly inodes: () => Inodes;
  readonly log: (line: string) => void;
}

export class LibraryFiles {
  readonly handlers: CallHandlers;
  readonly #options: LibraryFilesOptions;
  readonly #mirror = new Mirror();
  readonly #sinks = new Set<WriteSink>();

  constructor(options: LibraryFilesOptions) {
    this.#options = options;
    const open = (call: Call): void => this.#open(call);
    this.handlers = { open, openat: open, openat2: open };
  }

  /** What became of what a program has written to a file. */
  written(call: Call): void {
    const inode = call.identify(call.int(0))?.inode;
    const sink = [...this.#sinks].find((one) => one.inode === inode);
    if (sink === undefined) call.fail(errno.ENOTTY);
    else call.answer(sink.takeError());
  }

  close(): void {
    for (const sink of [...this.#sinks]) sink.close();
    this.#mirror.close();
  }

  get #service(): Process {
    return this.#options.posix.service;
  }

  #open(call: Call): void {
    const { path, flags } = readOpen(call);
    const ours = path === undefined ? undefined : this.#find(path);
    if (ours === undefined) {
      call.proceed();
      return;
    }
    // What has been written before this open shall be seen by it.
    for (const sink of this.#sinks) sink.drain();
    const fd = ours.startsWith('/etc/') ? this.#openText(ours, flags) : this.#openFile(ours, flags);
    try {
      call.answerWithFd(fd, { closeOnExec: (flags & O_CLOEXEC) !== 0 });
    } finally {
      addon().close(fd);
    }
  }

  /** The path in the library, undefined for a file of the machine's. */
  #find(path: string): string | undefined {
    const mirrored = this.#mirror.pathOf(path);
    if (mirrored !== undefined) return mirrored;
    if (!isOurs(path)) return undefined;
    if (path.startsWith('/etc/') && this.#options.etc()[path] === undefined) return undefined;
    return libraryPath(path);
  }

  #openText(path: string, flags: number): number {
    if ((flags & O_ACCMODE) !== O_RDONLY) throw new SystemError(errno.EROFS, 'open', { path });
    return snapshot(new TextEncoder().encode(this.#options.etc()[path]), 0o644, flags);
  }

  #openFile(path: string, flags: number): number {
    const { st_mode: mode } = this.#service.stat(path);
    const access = flags & O_ACCMODE;
    const fail = (number: number): never => {
      throw new SystemError(number, 'open', { path });
    };
    if (flags & O_CREAT && flags & O_EXCL) fail(errno.EEXIST);
    if ((mode & S_IFMT) === S_IFDIR) {
      if (access !== O_RDONLY && !(flags & O_PATH)) fail(errno.EISDIR);
      const place = this.#mirror.folder(this.#service, path);
      // Not with O_PATH: such a descriptor can't be passed.
      return check(addon().open(place, O_DIRECTORY, 0));
    }
    if (flags & O_DIRECTORY) fail(errno.ENOTDIR);
    if (flags & O_PATH) return snapshot(new Uint8Array(0), mode, O_RDONLY);
    if (access === O_RDONLY) return snapshot(this.#read(path), mode, flags);
    if ((mode & 0o222) === 0) fail(errno.EACCES);
    return this.#openSink(path, access);
  }

  #read(path: string): Uint8Array {
    const content = this.#service.readFileBytes(path);
    if (!isSocketList(path)) return content;
    const list = renumberList(path, new TextDecoder().decode(content), this.#options.inodes());
    return new TextEncoder().encode(list);
  }

  #openSink(path: string, access: number): number {
    const sink = new WriteSink({
      reactor: this.#options.reactor,
      content: access === O_RDWR ? this.#service.readFileBytes(path) : undefined,
      write: (bytes) => this.#write(path, bytes),
      onClose: (closed) => void this.#sinks.delete(closed),
    });
    this.#sinks.add(sink);
    return sink.programFd;
  }

  #write(path: string, bytes: Uint8Array): number {
    try {
      this.#service.writeFile(path, bytes, O_WRONLY);
      return 0;
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      const text = new TextDecoder().decode(bytes).trim();
      this.#options.log(`a program's write of '${text}' to ${path} failed: ${error.message}`);
      return -error.errno;
    }
  }
}

/** A file of memory with this content, opened as the program asked. */
function snapshot(content: Uint8Array, mode: number, flags: number): number {
  const memory = check(addon().memfd('libos-file', 0));
  try {
    if (content.length > 0) check(addon().write(memory, content, 0, content.length));
    fchmodSync(memory, mode & 0o777);
    return check(addon().open(`/proc/self/fd/${memory}`, flags & O_NONBLOCK, 0));
  } finally {
    addon().close(memory);
  }
}

function check(result: number): number {
  if (result < 0) throw new SystemError(result, 'open');
  return result;
}
