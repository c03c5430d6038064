// SPDX-License-Identifier: GPL-2.0-only

/**
 * Which of the machine's sockets are the library's, by `st_ino` of the program's end: whatever a program does with
 * the descriptor (dup, fork, SCM_RIGHTS), that stays. Also who finds out that a program has closed an end of which
 * nothing tells: of datagram pairs, asked often, and of pairs that the broker has closed, looked for in Linux's
 * list of unix sockets now and then.
 */
import { readFile } from 'node:fs/promises';
import type { HostTime, Timer } from '../../posix/index.js';
import type { Inodes } from './inodes.js';
import type { ProgramSocket } from './program-socket.js';

const sweepEveryNs = 100_000_000;
const searchEveryNs = 2_000_000_000;

export class SocketTable {
  readonly #time: HostTime;
  readonly #byInode = new Map<number, ProgramSocket>();
  readonly #swept = new Set<ProgramSocket>();
  readonly #buried = new Set<ProgramSocket>();
  #sweep: Timer | undefined;
  #search: Timer | undefined;

  constructor(time: HostTime) {
    this.#time = time;
  }

  add(socket: ProgramSocket): void {
    this.#byInode.set(socket.inode, socket);
    if (socket.needsSweeping) {
      this.#swept.add(socket);
      this.#sweepLater();
    }
  }

  remove(socket: ProgramSocket): void {
    if (this.#byInode.get(socket.inode) === socket) this.#byInode.delete(socket.inode);
    this.#swept.delete(socket);
    this.#buried.delete(socket);
  }

  /** The broker has closed its end, the program not yet its own. */
  bury(socket: ProgramSocket): void {
    this.#buried.add(socket);
    this.#searchLater();
  }

  get(inode: number): ProgramSocket | undefined {
    return this.#byInode.get(inode);
  }

  /** From the library's inodes to the programs' ends. */
  get inodes(): Inodes {
    return new Map([...this].map(({ libraryInode, inode }) => [libraryInode, inode]));
  }

  get size(): number {
    return this.#byInode.size;
  }

  [Symbol.iterator](): IterableIterator<ProgramSocket> {
    return this.#byInode.values();
  }

  /** Ends the datagram sockets that programs have closed. */
  sweep(): void {
    for (const socket of [...this.#swept]) socket.endIfGone();
  }

  close(): void {
    this.#sweep?.cancel();
    this.#search?.cancel();
    for (const socket of [...this.#byInode.values()]) socket.close();
  }

  #sweepLater(): void {
    this.#sweep ??= this.#time.at(this.#time.nowNs() + sweepEveryNs, () => {
      this.#sweep = undefined;
      this.sweep();
      if (this.#swept.size > 0) this.#sweepLater();
    });
  }

  #searchLater(): void {
    this.#search ??= this.#time.at(this.#time.nowNs() + searchEveryNs, () => {
      void readFile('/proc/net/unix', 'utf8').then((list) => {
        this.#search = undefined;
        this.#endBuried(list);
        if (this.#buried.size > 0) this.#searchLater();
      });
    });
  }

  #endBuried(list: string): void {
    const inodes = new Set(list.split('\n').map((line) => Number(line.trim().split(/\s+/)[6])));
    for (const socket of [...this.#buried]) {
      if (!inodes.has(socket.inode)) socket.close();
    }
  }
}
